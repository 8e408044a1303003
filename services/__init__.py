"""Registry, financing and the sandbox lenders. They share nothing but `shared/` and talk over HTTP."""
