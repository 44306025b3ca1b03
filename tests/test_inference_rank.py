from icgan_demo.inference.rank import candidate_seeds, keep_nearest


def test_candidates_continue_from_the_base_seed():
    assert candidate_seeds(7, 3) == [7, 8, 9]
    assert candidate_seeds(7, 2, best_of=3) == [7, 8, 9, 10, 11, 12]
    assert candidate_seeds(7, 3, best_of=2)[:4] == candidate_seeds(7, 2, best_of=2)


def test_seeds_go_on_at_zero_after_the_largest():
    assert candidate_seeds(2**31 - 2, 3) == [2**31 - 2, 2**31 - 1, 0]


def test_the_nearest_stay_nearest_first():
    assert keep_nearest([0.1, 0.9, -0.5, 0.4], 2) == [1, 3]


def test_equally_near_candidates_stay_in_seed_order():
    assert keep_nearest([0.5, 0.7, 0.5, 0.5], 3) == [1, 0, 2]
