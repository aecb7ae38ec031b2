"""Where runs are carried out: in this process, in processes of their own, on a Ray cluster."""
