"""
The registry: who came home, and which cooperative took them in.

domain/  the rules, as pure functions       db/      tables and named queries
api/     HTTP in, HTTP out                  app.py   wires them together
"""
