//! Documents that are meant to be expensive.

use rand::Rng;
use rand::seq::IndexedRandom;
use rand_chacha::ChaCha8Rng;

/// Sizes around the bounds and far past them.
const SIZES: &[usize] = &[1, 2, 9, 10, 11, 15, 16, 20, 21, 40, 41, 100, 300, 999, 5_000];

pub(crate) fn document(rng: &mut ChaCha8Rng) -> String {
    of(rng.random_range(0..SHAPES), *SIZES.choose(rng).unwrap())
}

/// How many shapes [`of`] knows.
pub(crate) const SHAPES: u32 = 20;

/// The document of one shape, blown up so many times.
pub(crate) fn of(shape: u32, size: usize) -> String {
    let times = |text: &str| text.repeat(size);
    let each = |line: &dyn Fn(usize) -> String| (0..size).map(line).collect::<String>();
    match shape {
        0 => format!("{}__typename{}", times("{ me "), times("}")),
        1 => format!("{{ {} }}", each(&|i| format!("a{i}: __typename "))),
        2 => format!("{{ {} }}", times("me { id } ")),
        3 => "{ ...a } fragment a on Query { ...b } fragment b on Query { ...a }".to_owned(),
        4 => format!(
            "{{ ...f0 }} {} fragment f{size} on Query {{ __typename }}",
            each(&|i| format!("fragment f{i} on Query {{ ...f{0} ...f{0} }} ", i + 1))
        ),
        5 => format!("{{ __typename {} }}", times("@skip(if: false) ")),
        6 => format!("{{ node(id: {}1{}) {{ id }} }}", times("["), times("]")),
        7 => format!("{{ node(id: {}1{}) {{ id }} }}", times("{a: "), times("}")),
        8 => format!("query ($v: {}Int{}) {{ __typename }}", times("["), times("]")),
        9 => each(&|i| format!("query Q{i} {{ __typename }} ")),
        10 => format!("{{ {} }}", each(&|i| format!("... on Query {{ a{i}: __typename }} "))),
        11 => format!("{{ __schema {}{{ name }}{} }}", times("{ types { fields { type "), times("} } }")),
        12 => format!("{{ __type(name: \"User\") {}{{ name }}{} }}", times("{ ofType "), times("}")),
        13 => format!("{{ node(id: \"{}\") {{ id }} }}", times("A\\u0041")),
        14 => format!("{{ node(id: \"\"\"{}\"\"\") {{ id }} }}", times("\n  \\\"\"\" ")),
        15 => format!("# {}\n{{ __typename }}", times("x")),
        16 => format!("query ({}) {{ __typename }}", each(&|i| format!("$v{i}: Int = 1 "))),
        17 => format!(
            "{{ {} }}",
            each(&|i| format!(
                "p{i}: listAnalysisRequests(first: 100) {{ edges {{ node {{ tasks {{ id }} }} }} }} "
            ))
        ),
        18 => format!("{{ me {{ ...a }} }} {}", each(&|i| format!("fragment a{i} on User {{ id }} "))),
        _ => times("{"),
    }
}
