"""What every wing needs and what is about no token: checks of arguments, callables, the log, fork,
strict base64url.
"""
