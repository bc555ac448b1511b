import numpy as np
import pytest
from scipy import stats

from ablation.analysis import sequential
from ablation.analysis.judgement import ACCURACY, DOWN, NONE, OPEN, UP, judge
from ablation.analysis.looks import Plan, plan_looks, stand
from ablation.analysis.moderation import estimates

generator = np.random.default_rng
ONE_LOOK = Plan((3,), (1.0,))
TWO_LOOKS = Plan((3, 6), (0.5, 0.5))


def test_the_plan():
    plan = plan_looks()
    assert plan.seeds == (3, 6, 11, 20)
    assert sum(plan.shares) == pytest.approx(1, abs=1e-12)
    assert plan.shares[0] == pytest.approx(np.log(1 + (np.e - 1) * 0.15)), (
        "Pocock's spending function at 3 of 20"
    )
    assert plan_looks(3, 4, 4).seeds == (3, 4)
    assert plan_looks(5, 5) == Plan((5,), (pytest.approx(1.0),))
    for wrong in ({"first": 1}, {"first": 5, "most": 4}, {"looks": 0}):
        with pytest.raises(ValueError, match="looks"):
            plan_looks(**wrong)


def test_one_look_is_the_verdict_without_looks():
    draw = generator(0)
    for _ in range(20):
        differences = draw.normal(0, 0.01, (7, 3)) + draw.choice([0.0, 0.05, -0.05], (7, 1))
        found = stand(differences, ONE_LOOK, margin=0.02)
        judged = judge(estimates(list(differences))[1], margin=0.02)
        words = {UP: "helps", DOWN: "hurts", NONE: "no difference", OPEN: "open"}
        assert [words[one] for one in found.verdict.tolist()] == [one.verdict for one in judged]
        assert found.p == pytest.approx([one.p for one in judged])
        assert not found.wants_seeds.any(), "three seeds were the most"


def test_a_sequential_p_value_by_hand():
    """One comparison: the smaller of 2 p(3 seeds) and 2 p(6 seeds), each the plain t-test's."""
    differences = generator(1).normal(0.01, 0.01, (1, 6))
    plan = Plan((3, 6), (0.5, 0.5))
    first, second = (stats.ttest_1samp(differences[0, :n], 0).pvalue / 0.5 for n in (3, 6))
    assert stand(differences[:, :3], plan).p[0] == pytest.approx(min(first, 1))
    assert stand(differences, plan).p[0] == pytest.approx(min(first, second, 1))


def test_a_comparison_without_new_pairs_is_not_tested_again():
    draw = generator(2)
    differences = draw.normal(0, 0.01, (7, 6))
    differences[0] += 0.1
    differences[0, 3:] = np.nan
    plan = Plan((3, 6), (0.5, 0.5))
    early, late = stand(differences[:, :3], plan), stand(differences, plan)
    assert early.verdict[0] == late.verdict[0] == UP
    assert early.p[0] == pytest.approx(late.p[0])
    assert early.level[0] == pytest.approx(1 - 0.05 * 0.5 / 7)
    assert not early.wants_seeds[0] and early.wants_seeds[1:].any()


def test_what_wants_seeds():
    """At 3 seeds and a deviation of 1 point: settled, in reach, and the gap between margin and significance."""
    shape = np.array([-0.01, 0.0, 0.01])
    differences = shape + np.array([0.3, 0.02, 0.0, 0.0])[:, None]
    plan = plan_looks()
    found = stand(differences, plan, margin=0.01)
    assert found.verdict.tolist() == [UP, OPEN, OPEN, OPEN]
    assert found.wants_seeds.tolist() == [False, True, True, True]
    hopeless = stand(100 * shape[None] + 0.3, plan, margin=0.01)
    assert hopeless.wants_seeds[0] and hopeless.chance[0] < 0.5, "a large effect may yet show"
    wide = np.tile(np.resize([-1.0, 1.0], 11), (3, 1))
    late = stand(wide, plan, margin=0.01)
    assert (late.chance < 0.1).all() and not late.wants_seeds.any(), "11 of 20 seeds, and nothing in sight"
    assert stand(np.full((1, 3), np.nan), plan).wants_seeds[0], "of nothing nothing is known"


def test_the_predicted_chance_is_as_often_right_as_it_says():
    """Means drawn far and wide: of the comparisons with a chance near x, a share near x is settled at the last look."""
    draw = generator(3)
    plan = Plan((10, 20), (0.3, 0.7))
    differences = draw.normal(size=(3000, 4, 20)) + draw.uniform(-2, 2, (3000, 4, 1))
    before = stand(differences[..., :10], plan, margin=0.4)
    is_open = before.verdict == OPEN
    settled = (stand(differences, plan, margin=0.4).verdict != OPEN)[is_open]
    chance = before.chance[is_open]
    for low, high in ((0.1, 0.4), (0.4, 0.7), (0.7, 1.0)):
        here = (chance >= low) & (chance < high)
        assert here.sum() > 100
        assert settled[here].mean() == pytest.approx(chance[here].mean(), abs=0.12)


def test_what_was_not_run_counts_in_the_correction():
    differences = generator(6).normal(0.02, 0.01, (2, 3))
    alone, among = stand(differences, ONE_LOOK), stand(differences, ONE_LOOK, unseen=5)
    low, high = sorted(alone.p / [2, 1] if alone.p[0] < alone.p[1] else alone.p / [1, 2])
    assert sorted(among.p) == pytest.approx([min(1, 7 * low), min(1, max(7 * low, 6 * high))])
    assert among.divisor.shape == among.low.shape == (2,)


def test_the_interval_shown_leaves_out_zero_where_the_verdict_is_up_or_down():
    differences = generator(7).normal(0, 0.01, (40, 7, 6)) + generator(8).choice([0.0, 0.03], (40, 7, 1))
    found = stand(differences, Plan((6,), (1.0,)), margin=0)
    assert ((found.low > 0) == (found.verdict == UP)).all()
    assert found.looks.tolist() == np.ones((40, 7), int).tolist()


def student(differences, level):
    """The plain t interval of one comparison."""
    return stats.t.interval(level, len(differences) - 1, differences.mean(), stats.sem(differences))


@pytest.mark.parametrize(
    ("first", "then", "verdict", "look", "level"),
    [
        pytest.param((0.050, 0.051, 0.052), (-0.3, 0.2, 0.1), UP, 0, 1 - 0.05 / 2, id="up, then noise"),
        pytest.param((-0.05, -0.051, -0.052), (0.3, -0.2, 0.1), DOWN, 0, 1 - 0.05 / 2, id="down, then noise"),
        pytest.param((0.0, 0.0001, -0.0001), (0.2, -0.1, 0.3), NONE, 0, 1 - 0.05, id="none, then noise"),
        pytest.param((0.0, 0.0001, -0.0001), (0.0, 0.0001, 0.0002), NONE, 1, 1 - 0.05, id="none twice"),
        pytest.param((0.05, 0.02, 0.08), (0.05, 0.051, 0.049), UP, 1, 1 - 0.05 / 2, id="up at the second"),
        pytest.param((0.05, 0.02, 0.08), (-0.05, -0.02, -0.08), OPEN, 1, 1 - 0.05 / 2, id="never decided"),
    ],
)
def test_a_comparison_is_told_by_the_look_that_decided_it_or_the_last(first, then, verdict, look, level):
    """One comparison has no common deviation to borrow from: every interval is Student's."""
    differences = np.array([[*first, *then]])
    found = stand(differences, TWO_LOOKS)
    assert (found.verdict[0], found.look[0], found.looks[0]) == (verdict, look, look + 1)
    assert found.level[0] == pytest.approx(level)
    seen = differences[0, : (3, 6)[look]]
    assert (found.low[0], found.high[0]) == pytest.approx(student(seen, level))
    (prior,), (told,), (judged,), _ = sequential.judge(differences, TWO_LOOKS, ACCURACY)
    assert (told.n, told.mean) == (len(seen), pytest.approx(seen.mean()))
    assert prior.degrees == 0 and told.deviation == pytest.approx(seen.std(ddof=1))
    assert (judged.low, judged.high) == (found.low[0], found.high[0])


def test_an_open_comparison_keeps_the_interval_of_the_last_look_that_tested_it():
    """It got no seed at the second look, where the others' spread makes the common deviation smaller."""
    differences = generator(9).normal(0, 0.02, (7, 6))
    differences[1:, 3:] = generator(10).normal(0, 0.001, (6, 3))
    differences[0, 3:] = np.nan
    early, late = stand(differences[:, :3], TWO_LOOKS, margin=0), stand(differences, TWO_LOOKS, margin=0)
    assert early.verdict[0] == late.verdict[0] == OPEN
    assert (late.look[0], late.looks[0], late.look[1], late.looks[1]) == (0, 1, 1, 2)
    assert (late.low[0], late.high[0]) == pytest.approx((early.low[0], early.high[0]))
    priors, told, _, _ = sequential.judge(differences, TWO_LOOKS, ACCURACY, margin=0)
    for i, seeds in ((0, 3), (1, 6)):
        prior, expected = estimates([row[~np.isnan(row)] for row in differences[:, :seeds]])
        assert (priors[i], told[i]) == (prior, expected[i])


def test_verdict_and_interval_agree_in_every_study_of_a_simulation():
    """Seeds go to what is open, so that comparisons are decided at every look and the common deviation moves on."""
    draw, plan, margin = generator(11), plan_looks(), 0.01
    differences = draw.normal(0, 0.006, (300, 7, 20)) + draw.choice([0, 0.004, 0.008, 0.02], (300, 7, 1))
    open_yet, seen = np.ones((300, 7), bool), np.full_like(differences, np.nan)
    for seeds in plan.seeds:
        seen[..., :seeds] = np.where(open_yet[..., None], differences[..., :seeds], seen[..., :seeds])
        found = stand(seen[..., :seeds], plan, margin)
        open_yet &= found.wants_seeds
    assert all(((found.verdict == UP) & (found.look == look)).sum() > 20 for look in range(4))
    equal = found.verdict == NONE
    assert ((found.low > 0) == (found.verdict == UP))[~equal].all()
    assert ((found.high < 0) == (found.verdict == DOWN))[~equal].all()
    assert equal.sum() > 200
    assert (found.low[equal] >= -margin).all() and (found.high[equal] <= margin).all()
    for study in range(20):
        _, told, judged, _ = sequential.judge(seen[study], plan, ACCURACY, margin)
        assert all(one.low < estimate.mean < one.high for estimate, one in zip(told, judged, strict=True))


def test_too_few_seeds_for_the_first_look_are_refused():
    with pytest.raises(ValueError, match="first look"):
        stand(np.zeros((2, 2)), plan_looks())


def test_the_error_over_all_looks_is_kept_and_single_looks_at_five_percent_would_not():
    differences = generator(4).normal(size=(1500, 7, 20))
    plan = plan_looks()
    careless = Plan(plan.seeds, (1.0,) * 4)
    rates = [
        (np.isin(stand(differences, one, margin=0).verdict, (UP, DOWN))).any(-1).mean()
        for one in (plan, careless)
    ]
    assert rates[0] < 0.055 < rates[1]


def test_an_interrupted_run_comes_to_the_same_standing():
    differences = generator(5).normal(0.01, 0.02, (7, 20))
    differences[2, 6:] = np.nan
    differences[3, 4] = np.nan
    once, again = stand(differences[:, :11], plan_looks()), stand(differences.copy()[:, :11], plan_looks())
    assert (once.verdict == again.verdict).all() and once.p == pytest.approx(again.p)
    padded = np.hstack([differences[:, :11], np.full((7, 5), np.nan)])
    assert stand(padded, plan_looks()).p == pytest.approx(once.p), "a look that is not reached is not taken"
