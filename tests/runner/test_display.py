import io

from ablation.runner.display import Display
from ablation.terminal import Terminal
from ablation.train.loop import Progress

ROW = {"accuracy": 0.5, "val_accuracy": 0.25, "loss": 1.5}
DONE = {"status": "done", "test_accuracy": 0.625, "gap": 0.125, "train_seconds": 3.0}


def test_without_a_terminal_there_is_one_plain_line_an_epoch():
    file = io.StringIO()
    display = Display(Terminal(file=file, width=200))
    display.note("[/red] a title")
    display.start(3, 1)
    display.progress("[/x] noise", 3, Progress(1, 2, 0.5, 1234.5))
    display.progress("[/x] noise", 3, Progress(1, 2, 1.0, 1234.5, ROW))
    display.finish("[/x] noise", 3, DONE)
    display.progress("l2", 0, Progress(1, 2, 0.5, 10.0))
    display.finish("l2", 0, {"status": "diverged", "error": "loss nan in step 1 of epoch 1"})
    display.finish("lr", 0, DONE | {"test_accuracy": None, "gap": None, "val_accuracy": 0.25})
    display.end()
    text = file.getvalue().splitlines()
    assert text == [
        "[/red] a title",
        "3 trials to train, 1 kept from before",
        "[1/3] [/x] noise seed 3 epoch 1/2: train 0.500 val 0.250 loss 1.500 1,234 images/s",
        "[1/3] [/x] noise seed 3: test 0.625 gap 0.125 in 3 s (about 0 s left)",
        "[2/3] l2 seed 0: diverged: loss nan in step 1 of epoch 1 (about 0 s left)",
        "[3/3] lr seed 0: val 0.250 in 3 s",
    ]


def test_a_look_is_told_with_every_line():
    file = io.StringIO()
    display = Display(Terminal(file=file, width=200))
    display.start(1, 0, look="look 2 of 4")
    display.progress("noise", 3, Progress(1, 2, 1.0, 1234.5, ROW))
    display.finish("noise", 3, DONE)
    _, epoch, end = file.getvalue().splitlines()
    assert epoch.startswith("[1/1, look 2 of 4] noise seed 3 epoch 1/2: ")
    assert end == "[1/1, look 2 of 4] noise seed 3: test 0.625 gap 0.125 in 3 s"


def test_on_a_terminal_the_table_shows_rung_seed_epoch_accuracy_speed_and_time_left():
    file = io.StringIO()
    console = Terminal(file=file, force_terminal=True, width=100)
    display = Display(console)
    display.start(2, 0)
    display.progress("noise", 7, Progress(1, 2, 1.0, 99.0, ROW))
    display.finish("noise", 7, DONE)
    display.progress("[/x] l2", 3, Progress(4, 9, 0.5, 1234.5))
    display.progress("dropout", 5, Progress(2, 9, 1.0, 1234.5, ROW))
    display._live.refresh()
    display.end()
    text = file.getvalue()
    for part in ("1 of 2 trials done (about 0 s left)", "[/x] l2", "4/9  50%", "1,234", "2/9 100%", "0.250"):
        assert part in text
    assert "noise seed 7: test 0.625 gap 0.125 in 3 s" in text
