//! The words that rules understand, and what they mean. Phrases are lower case; the longest that fits wins.

use std::sync::LazyLock;

use metrics::catalogue::{Dimension, Metric};

use super::words::{Fit, Keyword, Token};

/// What a phrase of the prompt says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    Metric(Metric),
    /// "sales", "revenue": net sales.
    Sales,
    /// "sold": net sales, unless something else in the clause says what is counted.
    Sold,
    /// "new" without its noun.
    New,
    /// "returning" without its noun.
    Returning,
    /// "share", "percentage".
    Share,
    /// "per", "by", "each": what follows cuts the answer.
    By,
    /// "monthly": a cut in one word.
    Every(Dimension),
    /// "month", "product": a cut after `By`, "which" or a rank, else only a noun.
    Noun(Dimension),
    /// "when": asks for the month with a rank.
    When,
    /// "which", "what": makes the noun after it what is asked for.
    Which,
    Best,
    Worst,
    /// "bestsellers": a rank and its noun in one.
    Bestsellers,
    SlowMovers,
    OverTime,
    Compare,
    /// "growth": a comparison with the time before.
    Change,
    YearOverYear,
    Total,
    /// "performance", "overview".
    Review,
    /// "doing", "going": a review after "how".
    Doing,
    /// "how can I", "improve".
    Advice,
    Profit,
    /// Something the catalogue does not have yet; the text names it.
    Missing(&'static str),
    /// Something that no store's own past can answer.
    Foreign,
    Future,
    /// A phrase that would mean something else without its second half.
    Courtesy,
}

/// One understood phrase: tokens `at .. at + len`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tag {
    pub(super) at: usize,
    pub(super) len: usize,
    pub(super) meaning: Meaning,
}

const TIME: &[(&str, Meaning)] = &[
    ("day", Meaning::Noun(Dimension::Day)),
    ("date", Meaning::Noun(Dimension::Day)),
    ("daily", Meaning::Every(Dimension::Day)),
    ("day by day", Meaning::Every(Dimension::Day)),
    ("week", Meaning::Noun(Dimension::Week)),
    ("weekly", Meaning::Every(Dimension::Week)),
    ("week by week", Meaning::Every(Dimension::Week)),
    ("month", Meaning::Noun(Dimension::Month)),
    ("monthly", Meaning::Every(Dimension::Month)),
    ("month by month", Meaning::Every(Dimension::Month)),
    ("by", Meaning::By),
    ("per", Meaning::By),
    ("each", Meaning::By),
    ("every", Meaning::By),
    ("split by", Meaning::By),
    ("broken down by", Meaning::By),
    ("grouped by", Meaning::By),
    ("over time", Meaning::OverTime),
    ("trend", Meaning::OverTime),
    ("develop", Meaning::OverTime),
    ("developed", Meaning::OverTime),
    ("development", Meaning::OverTime),
    ("evolve", Meaning::OverTime),
    ("evolution", Meaning::OverTime),
    ("history", Meaning::OverTime),
    ("timeline", Meaning::OverTime),
    ("over the months", Meaning::Every(Dimension::Month)),
    ("over the weeks", Meaning::Every(Dimension::Week)),
    ("over the days", Meaning::Every(Dimension::Day)),
];

const METRICS: &[(&str, Meaning)] = &[
    ("gross sales", Meaning::Metric(Metric::GrossSales)),
    ("gross revenue", Meaning::Metric(Metric::GrossSales)),
    ("gross turnover", Meaning::Metric(Metric::GrossSales)),
    ("gross", Meaning::Metric(Metric::GrossSales)),
    ("discount", Meaning::Metric(Metric::Discounts)),
    ("rebate", Meaning::Metric(Metric::Discounts)),
    ("markdown", Meaning::Metric(Metric::Discounts)),
    ("return", Meaning::Metric(Metric::Returns)),
    ("returned", Meaning::Metric(Metric::Returns)),
    ("refund", Meaning::Metric(Metric::Returns)),
    ("refunded", Meaning::Metric(Metric::Returns)),
    ("sent back", Meaning::Metric(Metric::Returns)),
    ("money back", Meaning::Metric(Metric::Returns)),
    ("net sales", Meaning::Metric(Metric::NetSales)),
    ("net revenue", Meaning::Metric(Metric::NetSales)),
    ("net turnover", Meaning::Metric(Metric::NetSales)),
    ("net", Meaning::Metric(Metric::NetSales)),
    ("sales", Meaning::Sales),
    ("total sales", Meaning::Sales),
    ("revenue", Meaning::Sales),
    ("turnover", Meaning::Sales),
    ("income", Meaning::Sold),
    ("takings", Meaning::Sales),
    ("sold", Meaning::Sold),
    ("sell", Meaning::Sold),
    ("selling", Meaning::Sold),
    ("seller", Meaning::Sold),
    ("buy", Meaning::Sold),
    ("bought", Meaning::Sold),
    ("spend", Meaning::Sold),
    ("spent", Meaning::Sold),
    ("earn", Meaning::Sold),
    ("earned", Meaning::Sold),
    ("money", Meaning::Sold),
    ("order", Meaning::Metric(Metric::Orders)),
    ("purchase", Meaning::Metric(Metric::Orders)),
    ("transaction", Meaning::Metric(Metric::Orders)),
    ("number of sales", Meaning::Metric(Metric::Orders)),
    ("how many sales", Meaning::Metric(Metric::Orders)),
    ("sales count", Meaning::Metric(Metric::Orders)),
    ("unit", Meaning::Metric(Metric::Units)),
    ("piece", Meaning::Metric(Metric::Units)),
    ("quantity", Meaning::Metric(Metric::Units)),
    ("volume", Meaning::Metric(Metric::Units)),
    ("how many items", Meaning::Metric(Metric::Units)),
    ("number of items", Meaning::Metric(Metric::Units)),
    ("items sold", Meaning::Metric(Metric::Units)),
    ("average order value", Meaning::Metric(Metric::Aov)),
    ("average order", Meaning::Metric(Metric::Aov)),
    ("average order size", Meaning::Metric(Metric::Aov)),
    ("order value", Meaning::Metric(Metric::Aov)),
    ("aov", Meaning::Metric(Metric::Aov)),
    ("average basket", Meaning::Metric(Metric::Aov)),
    ("average basket value", Meaning::Metric(Metric::Aov)),
    ("basket value", Meaning::Metric(Metric::Aov)),
    ("basket size", Meaning::Metric(Metric::Aov)),
    ("basket", Meaning::Metric(Metric::Aov)),
    ("average cart", Meaning::Metric(Metric::Aov)),
    ("sales per order", Meaning::Metric(Metric::Aov)),
    ("revenue per order", Meaning::Metric(Metric::Aov)),
    ("spend per order", Meaning::Metric(Metric::Aov)),
    ("average sale", Meaning::Metric(Metric::Aov)),
    ("average purchase", Meaning::Metric(Metric::Aov)),
    ("average ticket", Meaning::Metric(Metric::Aov)),
    ("units per order", Meaning::Metric(Metric::UnitsPerOrder)),
    ("items per order", Meaning::Metric(Metric::UnitsPerOrder)),
    ("pieces per order", Meaning::Metric(Metric::UnitsPerOrder)),
    ("products per order", Meaning::Metric(Metric::UnitsPerOrder)),
    ("units per basket", Meaning::Metric(Metric::UnitsPerOrder)),
    ("items per basket", Meaning::Metric(Metric::UnitsPerOrder)),
    ("customer", Meaning::Metric(Metric::Customers)),
    ("costumer", Meaning::Metric(Metric::Customers)),
    ("buyer", Meaning::Metric(Metric::Customers)),
    ("shopper", Meaning::Metric(Metric::Customers)),
    ("client", Meaning::Metric(Metric::Customers)),
    ("clientele", Meaning::Metric(Metric::Customers)),
    ("new customer", Meaning::Metric(Metric::NewCustomers)),
    ("new costumer", Meaning::Metric(Metric::NewCustomers)),
    ("new buyer", Meaning::Metric(Metric::NewCustomers)),
    ("new shopper", Meaning::Metric(Metric::NewCustomers)),
    ("new client", Meaning::Metric(Metric::NewCustomers)),
    ("first time customer", Meaning::Metric(Metric::NewCustomers)),
    ("first time buyer", Meaning::Metric(Metric::NewCustomers)),
    ("customer acquisition", Meaning::Metric(Metric::NewCustomers)),
    ("returning customer", Meaning::Metric(Metric::ReturningCustomers)),
    ("returning costumer", Meaning::Metric(Metric::ReturningCustomers)),
    ("returning buyer", Meaning::Metric(Metric::ReturningCustomers)),
    ("returning shopper", Meaning::Metric(Metric::ReturningCustomers)),
    ("repeat customer", Meaning::Metric(Metric::ReturningCustomers)),
    ("repeat buyer", Meaning::Metric(Metric::ReturningCustomers)),
    ("existing customer", Meaning::Metric(Metric::ReturningCustomers)),
    ("loyal customer", Meaning::Metric(Metric::ReturningCustomers)),
    ("regular customer", Meaning::Metric(Metric::ReturningCustomers)),
    ("customers came back", Meaning::Metric(Metric::ReturningCustomers)),
    ("customers come back", Meaning::Metric(Metric::ReturningCustomers)),
    ("customers returned", Meaning::Metric(Metric::ReturningCustomers)),
    ("customers return", Meaning::Metric(Metric::ReturningCustomers)),
    ("new", Meaning::New),
    ("share", Meaning::Share),
    ("percentage", Meaning::Share),
    ("proportion", Meaning::Share),
    ("first time", Meaning::New),
    ("returning", Meaning::Returning),
    ("repeat", Meaning::Returning),
    ("existing", Meaning::Returning),
    ("come back", Meaning::Returning),
    ("came back", Meaning::Returning),
    ("repeat purchase rate", Meaning::Metric(Metric::RepeatPurchaseRate)),
    ("repeat purchase", Meaning::Metric(Metric::RepeatPurchaseRate)),
    ("repeat rate", Meaning::Metric(Metric::RepeatPurchaseRate)),
    ("repeat order rate", Meaning::Metric(Metric::RepeatPurchaseRate)),
    ("repeat customer rate", Meaning::Metric(Metric::RepeatPurchaseRate)),
    ("returning customer rate", Meaning::Metric(Metric::RepeatPurchaseRate)),
    ("repurchase rate", Meaning::Metric(Metric::RepeatPurchaseRate)),
    ("buy again", Meaning::Metric(Metric::RepeatPurchaseRate)),
    ("bought again", Meaning::Metric(Metric::RepeatPurchaseRate)),
    ("order again", Meaning::Metric(Metric::RepeatPurchaseRate)),
];

const CUTS: &[(&str, Meaning)] = &[
    ("product", Meaning::Noun(Dimension::Product)),
    ("item", Meaning::Noun(Dimension::Product)),
    ("article", Meaning::Noun(Dimension::Product)),
    ("goods", Meaning::Noun(Dimension::Product)),
    ("country", Meaning::Noun(Dimension::Country)),
    ("market", Meaning::Noun(Dimension::Country)),
    ("nation", Meaning::Noun(Dimension::Country)),
    ("come from", Meaning::Every(Dimension::Country)),
    ("customer type", Meaning::Noun(Dimension::CustomerType)),
    ("by customer type", Meaning::Every(Dimension::CustomerType)),
    ("per customer type", Meaning::Every(Dimension::CustomerType)),
    ("each customer type", Meaning::Every(Dimension::CustomerType)),
    ("type of customer", Meaning::Noun(Dimension::CustomerType)),
    ("customer mix", Meaning::Every(Dimension::CustomerType)),
    ("which", Meaning::Which),
    ("what", Meaning::Which),
    ("best", Meaning::Best),
    ("top", Meaning::Best),
    ("most", Meaning::Best),
    ("highest", Meaning::Best),
    ("largest", Meaning::Best),
    ("biggest", Meaning::Best),
    ("greatest", Meaning::Best),
    ("strongest", Meaning::Best),
    ("leading", Meaning::Best),
    ("popular", Meaning::Best),
    ("winner", Meaning::Best),
    ("rank", Meaning::Best),
    ("ranking", Meaning::Best),
    ("worst", Meaning::Worst),
    ("worse", Meaning::Worst),
    ("least", Meaning::Worst),
    ("lowest", Meaning::Worst),
    ("fewest", Meaning::Worst),
    ("smallest", Meaning::Worst),
    ("weakest", Meaning::Worst),
    ("poorest", Meaning::Worst),
    ("bottom", Meaning::Worst),
    ("bestseller", Meaning::Bestsellers),
    ("best seller", Meaning::Bestsellers),
    ("best selling", Meaning::Bestsellers),
    ("top seller", Meaning::Bestsellers),
    ("top selling", Meaning::Bestsellers),
    ("hot seller", Meaning::Bestsellers),
    ("slow mover", Meaning::SlowMovers),
    ("slow moving", Meaning::SlowMovers),
    ("worst seller", Meaning::SlowMovers),
    ("worst selling", Meaning::SlowMovers),
    ("slowest selling", Meaning::SlowMovers),
    ("shelf warmer", Meaning::SlowMovers),
];

const SHAPES: &[(&str, Meaning)] = &[
    ("compare", Meaning::Compare),
    ("compared to", Meaning::Compare),
    ("compared with", Meaning::Compare),
    ("comparison", Meaning::Compare),
    ("in comparison to", Meaning::Compare),
    ("versus", Meaning::Compare),
    ("vs", Meaning::Compare),
    ("against", Meaning::Compare),
    ("than", Meaning::Compare),
    ("relative to", Meaning::Compare),
    ("month over month", Meaning::Change),
    ("mom", Meaning::Change),
    ("week over week", Meaning::Change),
    ("wow", Meaning::Change),
    ("growth", Meaning::Change),
    ("grow", Meaning::Change),
    ("grew", Meaning::Change),
    ("grown", Meaning::Change),
    ("change", Meaning::Change),
    ("changed", Meaning::Change),
    ("increase", Meaning::Change),
    ("increased", Meaning::Change),
    ("decrease", Meaning::Change),
    ("decreased", Meaning::Change),
    ("drop", Meaning::Change),
    ("dropped", Meaning::Change),
    ("fall", Meaning::Change),
    ("fell", Meaning::Change),
    ("decline", Meaning::Change),
    ("declined", Meaning::Change),
    ("rise", Meaning::Change),
    ("rose", Meaning::Change),
    ("year over year", Meaning::YearOverYear),
    ("year on year", Meaning::YearOverYear),
    ("yoy", Meaning::YearOverYear),
    ("total", Meaning::Total),
    ("overall", Meaning::Total),
    ("altogether", Meaning::Total),
    ("sum", Meaning::Total),
    ("overview", Meaning::Review),
    ("summary", Meaning::Review),
    ("summarise", Meaning::Review),
    ("summarize", Meaning::Review),
    ("review", Meaning::Review),
    ("performance", Meaning::Review),
    ("health", Meaning::Review),
    ("status", Meaning::Review),
    ("dashboard", Meaning::Review),
    ("key figures", Meaning::Review),
    ("kpi", Meaning::Review),
    ("report", Meaning::Review),
    ("what happened", Meaning::Review),
    ("what should i know", Meaning::Review),
    ("how is business", Meaning::Review),
    ("how was business", Meaning::Review),
    ("doing", Meaning::Doing),
    ("going", Meaning::Doing),
    ("perform", Meaning::Doing),
    ("performed", Meaning::Doing),
    ("performing", Meaning::Doing),
    ("we do", Meaning::Doing),
    ("i do", Meaning::Doing),
    ("store do", Meaning::Doing),
    ("shop do", Meaning::Doing),
    ("business do", Meaning::Doing),
    ("products do", Meaning::Doing),
    ("how is it", Meaning::Review),
    ("how are things", Meaning::Review),
    ("how are we", Meaning::Review),
    ("how am i", Meaning::Review),
    ("how my store", Meaning::Review),
    ("how is my store", Meaning::Review),
    ("how my shop", Meaning::Review),
    ("how is my shop", Meaning::Review),
    ("how my business", Meaning::Review),
    ("how is my business", Meaning::Review),
    ("how business", Meaning::Review),
    ("how it going", Meaning::Review),
    ("how do i stand", Meaning::Review),
    ("when", Meaning::When),
    ("difference", Meaning::Compare),
    ("how can i", Meaning::Advice),
    ("how can we", Meaning::Advice),
    ("how could i", Meaning::Advice),
    ("how could we", Meaning::Advice),
    ("how do i", Meaning::Advice),
    ("how do we", Meaning::Advice),
    ("how should i", Meaning::Advice),
    ("how should we", Meaning::Advice),
    ("how to", Meaning::Advice),
    ("what can i do", Meaning::Advice),
    ("what can we do", Meaning::Advice),
    ("what should i do", Meaning::Advice),
    ("what should we do", Meaning::Advice),
    ("should i", Meaning::Advice),
    ("should we", Meaning::Advice),
    ("improve", Meaning::Advice),
    ("advice", Meaning::Advice),
    ("recommend", Meaning::Advice),
    ("recommendation", Meaning::Advice),
    ("suggestion", Meaning::Advice),
];

pub(super) const MARGIN: &str = "profit and margin (no costs are in this catalogue yet)";

const LIMITS: &[(&str, Meaning)] = &[
    ("profit", Meaning::Profit),
    ("profitable", Meaning::Profit),
    ("profitability", Meaning::Profit),
    ("margin", Meaning::Missing(MARGIN)),
    ("gross margin", Meaning::Missing(MARGIN)),
    ("gross profit", Meaning::Missing(MARGIN)),
    ("net profit", Meaning::Missing(MARGIN)),
    ("cost", Meaning::Missing(MARGIN)),
    ("cogs", Meaning::Missing(MARGIN)),
    ("contribution", Meaning::Missing(MARGIN)),
    ("loss", Meaning::Missing(MARGIN)),
    ("roi", Meaning::Missing(MARGIN)),
    ("stock", Meaning::Missing("stock")),
    ("inventory", Meaning::Missing("stock")),
    ("sell through", Meaning::Missing("stock")),
    ("discount code", Meaning::Missing("discount codes")),
    ("coupon", Meaning::Missing("discount codes")),
    ("voucher", Meaning::Missing("discount codes")),
    ("promo code", Meaning::Missing("discount codes")),
    ("shipping", Meaning::Missing("shipping")),
    ("delivery", Meaning::Missing("shipping")),
    ("tax", Meaning::Missing("taxes")),
    ("sales tax", Meaning::Missing("taxes")),
    ("vat", Meaning::Missing("taxes")),
    ("return rate", Meaning::Missing("return rates")),
    ("refund rate", Meaning::Missing("return rates")),
    ("discount rate", Meaning::Missing("discount rates")),
    ("conversion", Meaning::Missing("visits and conversion")),
    ("conversion rate", Meaning::Missing("visits and conversion")),
    ("visitor", Meaning::Missing("visits and conversion")),
    ("visit", Meaning::Missing("visits and conversion")),
    ("session", Meaning::Missing("visits and conversion")),
    ("traffic", Meaning::Missing("visits and conversion")),
    ("abandoned cart", Meaning::Missing("visits and conversion")),
    ("campaign", Meaning::Missing("traffic sources and advertising")),
    ("advertising", Meaning::Missing("traffic sources and advertising")),
    ("ads", Meaning::Missing("traffic sources and advertising")),
    ("marketing", Meaning::Missing("traffic sources and advertising")),
    ("channel", Meaning::Missing("traffic sources and advertising")),
    ("roas", Meaning::Missing("traffic sources and advertising")),
    ("cohort", Meaning::Missing("cohorts, retention and churn")),
    ("retention", Meaning::Missing("cohorts, retention and churn")),
    ("churn", Meaning::Missing("cohorts, retention and churn")),
    ("lifetime value", Meaning::Missing("customer lifetime value")),
    ("ltv", Meaning::Missing("customer lifetime value")),
    ("clv", Meaning::Missing("customer lifetime value")),
    ("rfm", Meaning::Missing("customer segments")),
    ("segment", Meaning::Missing("customer segments")),
    ("bought together", Meaning::Missing("products bought together")),
    ("bundle", Meaning::Missing("products bought together")),
    ("best customer", Meaning::Missing("single customers")),
    ("top customer", Meaning::Missing("single customers")),
    ("biggest customer", Meaning::Missing("single customers")),
    ("loyalest customer", Meaning::Missing("single customers")),
    ("which customer", Meaning::Missing("single customers")),
    ("who", Meaning::Missing("single customers")),
    ("per customer", Meaning::Missing("single customers")),
    ("by customer", Meaning::Missing("single customers")),
    ("vendor", Meaning::Missing("vendors and brands")),
    ("brand", Meaning::Missing("vendors and brands")),
    ("supplier", Meaning::Missing("vendors and brands")),
    ("category", Meaning::Missing("product types and collections")),
    ("collection", Meaning::Missing("product types and collections")),
    ("product type", Meaning::Missing("product types and collections")),
    ("variant", Meaning::Missing("variants")),
    ("sku", Meaning::Missing("variants")),
    ("colour", Meaning::Missing("variants")),
    ("color", Meaning::Missing("variants")),
    ("tag", Meaning::Missing("tags")),
    ("hour", Meaning::Missing("hours and weekdays")),
    ("time of day", Meaning::Missing("hours and weekdays")),
    ("weekday", Meaning::Missing("hours and weekdays")),
    ("day of the week", Meaning::Missing("hours and weekdays")),
    ("weekend", Meaning::Missing("hours and weekdays")),
    ("monday", Meaning::Missing("hours and weekdays")),
    ("tuesday", Meaning::Missing("hours and weekdays")),
    ("wednesday", Meaning::Missing("hours and weekdays")),
    ("thursday", Meaning::Missing("hours and weekdays")),
    ("friday", Meaning::Missing("hours and weekdays")),
    ("saturday", Meaning::Missing("hours and weekdays")),
    ("sunday", Meaning::Missing("hours and weekdays")),
    ("region", Meaning::Missing("regions and cities")),
    ("city", Meaning::Missing("regions and cities")),
    ("state", Meaning::Missing("regions and cities")),
    ("europe", Meaning::Missing("regions and cities")),
    ("rating", Meaning::Missing("reviews and ratings")),
    ("customer review", Meaning::Missing("reviews and ratings")),
    ("product review", Meaning::Missing("reviews and ratings")),
    ("why", Meaning::Missing("the causes of a change")),
    ("reason", Meaning::Missing("the causes of a change")),
    ("competitor", Meaning::Foreign),
    ("competition", Meaning::Foreign),
    ("other shop", Meaning::Foreign),
    ("other store", Meaning::Foreign),
    ("other merchant", Meaning::Foreign),
    ("another shop", Meaning::Foreign),
    ("another store", Meaning::Foreign),
    ("industry", Meaning::Foreign),
    ("benchmark", Meaning::Foreign),
    ("weather", Meaning::Foreign),
    ("stock market", Meaning::Foreign),
    ("stock price", Meaning::Foreign),
    ("forecast", Meaning::Future),
    ("predict", Meaning::Future),
    ("prediction", Meaning::Future),
    ("projection", Meaning::Future),
    ("future", Meaning::Future),
    ("tomorrow", Meaning::Future),
    ("will", Meaning::Future),
    ("will you", Meaning::Courtesy),
    ("going to", Meaning::Future),
    ("expect", Meaning::Future),
    ("next day", Meaning::Future),
    ("next week", Meaning::Future),
    ("next month", Meaning::Future),
    ("next quarter", Meaning::Future),
    ("next year", Meaning::Future),
];

/// Words that carry no wish of their own.
const PLAIN: &[&str] = &[
    "a", "about", "achieve", "achieved", "actually", "after", "all", "also", "am", "amount", "an", "analyse", "analysis",
    "analyze", "and", "any", "answer", "are", "as", "ask", "at", "average", "be", "become", "been", "before", "between",
    "breakdown", "business", "but", "buying", "came", "calculate", "can", "changes", "chart", "come", "company",
    "could", "count", "current", "data", "did", "different", "display", "done", "during", "e", "ecommerce", "entire",
    "ever", "everything", "exactly", "figure", "figures", "find", "first", "following", "for", "from", "full", "further",
    "g", "gain", "gained", "generate", "generated", "get", "give", "given", "go", "good", "got", "graph", "had", "has",
    "have", "having", "hello", "help", "her", "hey", "hi", "how", "i", "if", "in", "info", "information", "into", "is",
    "it", "its", "just", "kindly", "know", "last", "let", "like", "list", "little", "look", "looking", "looks", "lot",
    "lots", "made", "main", "make", "making", "many", "me", "mean", "more", "much", "my", "name", "need", "no", "not",
    "now", "number", "numbers", "of", "off", "on", "one", "online", "only", "or", "our", "out", "over", "part", "past",
    "people", "period", "periods", "place", "placed", "please", "plot", "previous", "produce", "produced", "query",
    "question", "quickly", "rate", "ratio", "recent", "recently", "regarding", "result", "results", "right", "s", "same",
    "say", "see", "shop", "should", "show", "since", "site", "size", "so", "some", "start",
    "started", "statistics", "stats", "still", "store", "t", "table", "tell", "thank", "thanks", "that", "the", "their",
    "them", "then", "there", "these", "they", "thing", "things", "this", "those", "through", "time", "times", "to",
    "two", "type", "until", "up", "us", "value", "versus", "want", "was", "we", "webshop", "website", "well", "went",
    "were", "when", "where", "whether", "while", "whole", "with", "within", "without", "work", "would", "year", "years",
    "yes", "yet", "you", "your", "how's", "quarter", "quarters", "worth", "percent", "compute", "down",
    "each", "other", "both", "respectively", "altogether", "shopify", "volume", "across", "including", "include", "vs",
    "i'd", "i'm", "we're", "we've", "i've", "what's", "let's", "don't", "do", "didn't", "isn't", "per", "make", "bring",
    "brought", "really", "very", "kind", "sort", "detail", "details", "view", "present", "state", "develop",
];

/// Whether a word that no phrase took can be passed over in silence.
pub(super) fn is_plain(token: &Token) -> bool {
    token.is_one_of(PLAIN)
}

/// Every phrase of the prompt that is understood, from left to right, without overlaps. `taken` are tokens that
/// something else (a period, a country) has understood already.
pub(super) fn tags(tokens: &[Token], taken: &[bool]) -> Vec<Tag> {
    let mut out = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        match longest(tokens, taken, at) {
            Some(tag) => {
                at += tag.len;
                out.push(tag);
            }
            None => at += 1,
        }
    }
    out
}

/// Every phrase, its words prepared for matching.
static PHRASES: LazyLock<Vec<(Vec<Keyword>, Meaning)>> = LazyLock::new(|| {
    let tables = [TIME, METRICS, CUTS, SHAPES, LIMITS];
    tables.into_iter().flatten().map(|(phrase, meaning)| (Keyword::phrase(phrase), *meaning)).collect()
});

fn longest(tokens: &[Token], taken: &[bool], at: usize) -> Option<Tag> {
    let mut best: Option<(Fit, usize, Meaning)> = None;
    for (words, meaning) in PHRASES.iter() {
        let mut worst = Fit::Exact;
        let fits = words.iter().enumerate().all(|(i, word)| {
            let free = !taken.get(at + i).copied().unwrap_or(true);
            let found = tokens.get(at + i).filter(|_| free).and_then(|token| word.fit(token));
            worst = found.map_or(worst, |found| worst.min(found));
            found.is_some()
        });
        // A typing error never beats a word that is there, however long the phrase it would make.
        if fits && best.is_none_or(|(fit, len, _)| (worst, words.len()) > (fit, len)) {
            best = Some((worst, words.len(), *meaning));
        }
    }
    best.map(|(_, len, meaning)| Tag { at, len, meaning })
}

#[cfg(test)]
mod tests {
    use metrics::catalogue::Metric;

    use super::{Meaning, tags};
    use crate::planner::words::tokens;

    #[test]
    fn the_longest_phrase_wins() {
        let read = |prompt: &str| {
            let tokens = tokens(prompt);
            let taken = vec![false; tokens.len()];
            tags(&tokens, &taken).into_iter().map(|tag| tag.meaning).collect::<Vec<_>>()
        };
        assert_eq!(read("average order values"), [Meaning::Metric(Metric::Aov)]);
        assert_eq!(read("the gross sales and retrns"), [
            Meaning::Metric(Metric::GrossSales),
            Meaning::Metric(Metric::Returns)
        ]);
        assert_eq!(read("new customers against returning customers"), [
            Meaning::Metric(Metric::NewCustomers),
            Meaning::Compare,
            Meaning::Metric(Metric::ReturningCustomers)
        ]);
        assert_eq!(read("purple elephants"), []);
    }
}
