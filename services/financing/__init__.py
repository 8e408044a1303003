"""
Financing: is this loan possible, how good is it, and who should lend?

domain/    the rules, the score, the route        db/         tables and named queries
channels/  how we speak to each lender            registry.py asks the registry for facts
api/       HTTP in, HTTP out                      worker.py   carries submissions to lenders
"""
