"""The operator's page: shows a run, carries the operator's words to it, decides no verdict."""
