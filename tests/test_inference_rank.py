from icgan_demo.inference.rank import keep_nearest


def test_the_nearest_stay_nearest_first():
    assert keep_nearest([0.1, 0.9, -0.5, 0.4], 2) == [1, 3]


def test_equally_near_candidates_stay_in_seed_order():
    assert keep_nearest([0.5, 0.7, 0.5, 0.5], 3) == [1, 0, 2]
