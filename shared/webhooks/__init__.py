"""
Webhooks out: every event of the feed, told to whoever subscribed and may see it.

    subscription  what an endpoint can be, which events it wants, when a call is tried again
    tables        the two tables that a service adds to its schema
    store         the queries on them
    signing       Standard Webhooks: secrets, signatures, the bodies
    postman       the loop of a worker: read the feed, call, record
    endpoints     the router: /webhook-endpoints, and what a receiver gets
    problems      the ways to say no

A service adds the tables, includes the router, runs a postman in its worker, and says which
events of its feed an owner may see (`postman.Sees`). docs/webhooks.md is for receivers;
docs/decisions/0016 says why it is built so.
"""
