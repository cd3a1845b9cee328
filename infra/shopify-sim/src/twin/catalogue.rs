//! What the twin sells.

/// A product line: one product type, with its own season, cost and returns.
pub(super) struct Line {
    pub(super) product_type: &'static str,
    pub(super) vendor: &'static str,
    /// Unit cost as a share of the price, in percent.
    pub(super) cost_percent: i64,
    /// How much of the store's sales it makes, against the other lines.
    pub(super) weight: u64,
    /// January to December, 100 is an ordinary month.
    pub(super) season: [u64; 12],
    /// Sold lines that come back, of a thousand.
    pub(super) returned: u64,
    /// Sizes, or the one default variant.
    pub(super) variants: &'static [&'static str],
    /// Title and price in cents, the most popular first.
    pub(super) products: &'static [(&'static str, i64)],
}

const ONE: &[&str] = &["Default Title"];
const SIZES: &[&str] = &["S", "M", "L", "XL"];

/// The line whose free shipping eats its margin.
pub(super) const HEAVY: usize = 2;
/// The line of [`RETURNED`].
const LINEN: usize = 4;
/// The product whose returns explode.
pub(super) const RETURNED: (usize, usize) = (LINEN, 1);
/// What the film sells.
pub(super) const FILMED: (usize, usize) = (0, 0);
pub(super) const GIFT_CARDS: usize = 6;

pub(super) const LINES: [Line; 7] = [
    Line {
        product_type: "Candles",
        vendor: "Alder & Wren",
        cost_percent: 29,
        weight: 260,
        season: [90, 95, 85, 80, 75, 70, 65, 75, 95, 120, 150, 170],
        returned: 18,
        variants: ONE,
        products: &[
            ("Cedar & Smoke Candle", 2_800),
            ("Fig Leaf Candle", 2_800),
            ("Sea Salt Candle", 2_600),
            ("Winter Orange Candle", 3_200),
            ("Beeswax Tapers, Pair", 1_800),
            ("Rosemary Travel Tin", 1_400),
            ("Amber Three-Wick", 4_600),
            ("Candle Care Set", 2_200),
        ],
    },
    Line {
        product_type: "Throws",
        vendor: "Northfold Mill",
        cost_percent: 43,
        weight: 120,
        season: [130, 120, 95, 70, 55, 45, 40, 55, 100, 135, 160, 150],
        returned: 36,
        variants: ONE,
        products: &[
            ("Herringbone Wool Throw", 11_900),
            ("Cotton Waffle Throw", 6_900),
            ("Merino Lap Blanket", 8_900),
            ("Recycled Wool Picnic Rug", 7_500),
            ("Mohair Throw", 14_900),
        ],
    },
    Line {
        product_type: "Outdoor Planters",
        vendor: "Clayhouse",
        cost_percent: 64,
        weight: 90,
        season: [45, 60, 110, 160, 180, 150, 120, 100, 80, 60, 45, 40],
        returned: 28,
        variants: ONE,
        products: &[
            ("Terracotta Planter, Large", 8_900),
            ("Stoneware Trough", 12_900),
            ("Ribbed Planter, Medium", 6_400),
            ("Glazed Olive Pot", 14_900),
            ("Wall Planter, Set of Three", 7_900),
        ],
    },
    Line {
        product_type: "Tableware",
        vendor: "Clayhouse",
        cost_percent: 36,
        weight: 190,
        season: [90, 90, 95, 100, 105, 100, 90, 90, 100, 105, 130, 140],
        returned: 30,
        variants: ONE,
        products: &[
            ("Speckled Mug", 2_200),
            ("Everyday Bowl", 2_400),
            ("Dinner Plate", 2_900),
            ("Serving Platter", 6_400),
            ("Espresso Cups, Pair", 2_800),
            ("Carafe", 4_800),
            ("Salt Pig", 3_400),
            ("Butter Dish", 3_900),
            ("Pie Dish", 4_400),
        ],
    },
    Line {
        product_type: "Linen Clothing",
        vendor: "Marlow",
        cost_percent: 41,
        weight: 150,
        season: [60, 65, 95, 125, 145, 150, 140, 120, 95, 75, 80, 85],
        returned: 88,
        variants: SIZES,
        products: &[
            ("Linen Apron", 4_900),
            ("Marlow Linen Shirt", 8_900),
            ("Linen Trousers", 9_800),
            ("Linen Robe", 11_900),
            ("Gauze Scarf", 3_900),
        ],
    },
    Line {
        product_type: "Paper",
        vendor: "Alder & Wren",
        cost_percent: 24,
        weight: 130,
        season: [110, 85, 85, 90, 90, 85, 80, 115, 110, 100, 120, 150],
        returned: 9,
        variants: ONE,
        products: &[
            ("Pocket Notebook, Set of Three", 1_600),
            ("Desk Diary", 2_800),
            ("Letter Set", 1_900),
            ("Wrapping Paper, Ten Sheets", 1_400),
            ("Recipe Journal", 2_400),
        ],
    },
    Line {
        product_type: "Gift Cards",
        vendor: "Alder & Wren",
        cost_percent: 0,
        weight: 14,
        season: [70, 90, 80, 80, 100, 90, 80, 80, 80, 90, 180, 300],
        returned: 0,
        variants: &["$25", "$50", "$100"],
        products: &[("Gift Card", 2_500)],
    },
];

/// One variant as it is written and sold.
#[derive(Clone, Debug)]
pub(super) struct Variant {
    pub(super) id: i64,
    pub(super) product: i64,
    pub(super) line: usize,
    /// Its place among the line's products.
    pub(super) place: usize,
    pub(super) title: &'static str,
    pub(super) name: &'static str,
    pub(super) price: i64,
    pub(super) cost: Option<i64>,
    /// How often it is chosen within its line: the first product most, middle sizes most.
    pub(super) weight: u64,
}

/// Every variant, those of one line together and those of one product together.
pub(super) fn variants() -> Vec<Variant> {
    let mut variants = Vec::new();
    let mut product = 0;
    for (line, row) in LINES.iter().enumerate() {
        for (place, &(title, price)) in row.products.iter().enumerate() {
            product += 1;
            for (at, &name) in row.variants.iter().enumerate() {
                let price = match name {
                    "$50" => 5_000,
                    "$100" => 10_000,
                    _ => price,
                };
                // The newest product's cost is not known yet: an honest margin says how much it covers.
                let is_known = line != GIFT_CARDS && title != "Candle Care Set";
                variants.push(Variant {
                    id: product * 10 + i64::try_from(at).unwrap_or(0) + 1,
                    product,
                    line,
                    place,
                    title,
                    name,
                    price,
                    cost: is_known.then_some(price * row.cost_percent / 100),
                    weight: 600 / (place as u64 + 2) * if matches!(name, "M" | "L" | "$50") { 3 } else { 2 },
                });
            }
        }
    }
    variants
}
