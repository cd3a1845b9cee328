//! Exact quotients, rounded only where they are printed.

/// `numerator / denominator`, rounded half to even, in units of `10^-places`: 2/3 with 2 places is 67.
/// `None` where the denominator is zero or the result does not fit.
pub fn quotient(numerator: i128, denominator: i128, places: u32) -> Option<i128> {
    if denominator < 0 {
        return quotient(numerator.checked_neg()?, denominator.checked_neg()?, places);
    }
    let scaled = numerator.checked_mul(10_i128.checked_pow(places)?)?;
    let (whole, rest) = (scaled.checked_div_euclid(denominator)?, scaled.checked_rem_euclid(denominator)?);
    match rest.checked_mul(2)?.cmp(&denominator) {
        std::cmp::Ordering::Less => Some(whole),
        std::cmp::Ordering::Equal => whole.checked_add(whole.rem_euclid(2)),
        std::cmp::Ordering::Greater => whole.checked_add(1),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop_assert, prop_assert_eq, proptest};

    use super::quotient;

    #[test]
    fn halves_go_to_the_even_neighbour() {
        let cases = [
            (1, 2, 0, Some(0)),
            (3, 2, 0, Some(2)),
            (5, 2, 0, Some(2)),
            (-1, 2, 0, Some(0)),
            (-3, 2, 0, Some(-2)),
            (-5, 2, 0, Some(-2)),
            (2, 3, 2, Some(67)),
            (1, 3, 2, Some(33)),
            (-2, 3, 2, Some(-67)),
            (7, -2, 0, Some(-4)),
            (1, 8, 2, Some(12)),
            (3, 8, 2, Some(38)),
            (0, 5, 2, Some(0)),
            (1, 0, 0, None),
            (i128::MAX, 1, 1, None),
        ];
        for (numerator, denominator, places, expected) in cases {
            assert_eq!(quotient(numerator, denominator, places), expected, "{numerator}/{denominator}");
        }
    }

    proptest! {
        #[test]
        fn no_result_is_farther_than_half_a_step(numerator in any::<i64>(), denominator in 1_i64.., places in 0_u32..6) {
            let (n, d) = (i128::from(numerator), i128::from(denominator));
            let rounded = quotient(n, d, places).unwrap();
            let error = (n * 10_i128.pow(places) - rounded * d).abs() * 2;
            prop_assert!(error <= d);
            prop_assert!(error < d || rounded % 2 == 0);
            prop_assert_eq!(quotient(-n, d, places), Some(-rounded));
        }
    }
}
