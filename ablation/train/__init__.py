"""The training of one trial. What the command line has to know of it stands here, where nothing heavy is imported."""

CHECKPOINT_SHARE = 0.05  # of the training time that keeping checkpoints may take
