"""The HTTP contract: one table of requests and answers, held against every adapter on a real
server. A package, so that other tests may repeat names.
"""
