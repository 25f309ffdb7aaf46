"""Label reports: participants' reports of wrong labels, and organisers' answers."""
