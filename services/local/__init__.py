"""Everything on one machine: a PostgreSQL, both services, the sandbox lenders, sample data.

stack.py        the processes: started together, watched, stopped together
environment.py  what each of them is told: addresses, databases, keys
clients.py      who may call the API, and their secrets
loading.py      regions, clients, sample people and cooperatives
walk.py         six applications carried to their end: stories.py, told by narration.py
"""
