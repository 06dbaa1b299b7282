"""抽样: what is to be inspected, how many units are drawn, and who handed which sample to whom."""
