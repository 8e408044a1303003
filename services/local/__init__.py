"""Everything on one machine: a PostgreSQL, both services, the sandbox lenders, sample data.

stack.py        the processes: started together, watched, stopped together
environment.py  what each of them is told: addresses, databases, keys
"""
