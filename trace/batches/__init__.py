"""The batch log: what a producer says happened, stage by stage."""
