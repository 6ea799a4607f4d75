"""Why a request was refused, told by the checks that refuse it."""
