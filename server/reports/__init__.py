"""The monthly report (售后月报表): what a month came to, frozen with its digest; a restatement is another version."""
