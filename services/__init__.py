"""Registry, financing and sandbox lenders: they share only `shared/` and talk over HTTP."""
