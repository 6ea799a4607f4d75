"""A request, its caller, and the answer to it: headers, verdict, preflights, forgery, refusals."""
