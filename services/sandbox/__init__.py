"""
The sandbox: pretend lenders, each with its own contract, and a ledger that is the truth.

    settings    what the environment says
    keys        the secrets of both sides; `generate()` makes a fresh development set
    behaviour   the scripted ways a lender may act, and how one is chosen
    ledger      what a lender did, event by event; kept in a file where a folder is given
    courier     the callbacks of one lender, carried in the background
    lender      one lender behind its contract: take, tell, cancel, advance
    desk        what the three contracts share: the lender behind a request, reading a body
    kur_bank    the contract of the two KUR banks (SNAP-style)
    lpdb        the contract of the LPDB (OAuth2, PUT, Standard Webhooks)
    blu         the contract of the BLU (HMAC, Idempotency-Key)
    console     the ledger and the script, for people and tests
    app         all of it in one process; `python -m services.sandbox`

The contracts and the behaviours are described in docs/partners-kit.md.
"""
