//! The phrases, by what they mean; `|` stands between them.

use metrics::catalogue::{Dimension, Metric};

use super::{MARGIN, Meaning};

/// Every table.
pub(super) const TABLES: &[&[(Meaning, &str)]] = &[TIME, METRICS, CUTS, SHAPES, LIMITS];

const TIME: &[(Meaning, &str)] = &[
    (Meaning::Noun(Dimension::Day), "day|date"),
    (Meaning::Every(Dimension::Day), "daily|day by day|over the days"),
    (Meaning::Noun(Dimension::Week), "week"),
    (Meaning::Every(Dimension::Week), "weekly|week by week|over the weeks"),
    (Meaning::Noun(Dimension::Month), "month"),
    (Meaning::Every(Dimension::Month), "monthly|month by month|over the months"),
    (Meaning::By, "by|per|each|every|split by|broken down by|grouped by"),
    (Meaning::OverTime, "over time|trend|develop|developed|development|evolve|evolution|history|timeline"),
];

const METRICS: &[(Meaning, &str)] = &[
    (Meaning::Metric(Metric::GrossSales), "gross sales|gross revenue|gross turnover|gross"),
    (Meaning::Metric(Metric::Discounts), "discount|rebate|markdown"),
    (Meaning::Metric(Metric::Returns), "return|returned|refund|refunded|sent back|money back"),
    (Meaning::Metric(Metric::NetSales), "net sales|net revenue|net turnover|net"),
    (Meaning::Sales, "sales|total sales|revenue|turnover|takings"),
    (Meaning::Sold, "income|sold|sell|selling|seller|buy|bought|spend|spent|earn|earned|money"),
    (
        Meaning::Metric(Metric::Orders),
        "order|purchase|transaction|number of sales|how many sales|sales count",
    ),
    (
        Meaning::Metric(Metric::Units),
        "unit|piece|quantity|volume|how many items|how many products|number of items|items sold",
    ),
    (
        Meaning::Metric(Metric::Aov),
        "average order value|average order|average order size|order value|aov|average basket|\
         average basket value|basket value|basket size|basket|average cart|sales per order|\
         revenue per order|spend per order|average sale|average purchase|average ticket",
    ),
    (
        Meaning::Metric(Metric::UnitsPerOrder),
        "units per order|items per order|pieces per order|products per order|units per basket|\
         items per basket",
    ),
    (Meaning::Metric(Metric::Customers), "customer|costumer|buyer|shopper|client|clientele"),
    (
        Meaning::Metric(Metric::NewCustomers),
        "new customer|new costumer|new buyer|new shopper|new client|first time customer|first time buyer|\
         customer acquisition",
    ),
    (
        Meaning::Metric(Metric::ReturningCustomers),
        "returning customer|returning costumer|returning buyer|returning shopper|repeat customer|\
         repeat buyer|existing customer|loyal customer|regular customer|customers came back|\
         customers come back|customers returned|customers return",
    ),
    (Meaning::New, "new|first time"),
    (Meaning::Share, "share|percentage|proportion"),
    (Meaning::Returning, "returning|repeat|existing|come back|came back|coming back|loyal|loyalty"),
    (Meaning::Where, "where"),
    (
        Meaning::Metric(Metric::RepeatPurchaseRate),
        "repeat purchase rate|repeat purchase|repeat rate|repeat order rate|repeat customer rate|\
         returning customer rate|repurchase rate|buy again|bought again|order again",
    ),
];

const CUTS: &[(Meaning, &str)] = &[
    (Meaning::Noun(Dimension::Product), "product|item|article|goods"),
    (Meaning::Noun(Dimension::Country), "country|market|nation"),
    (Meaning::Every(Dimension::Country), "come from"),
    (Meaning::Noun(Dimension::CustomerType), "customer type|type of customer"),
    (
        Meaning::Every(Dimension::CustomerType),
        "by customer type|per customer type|each customer type|customer mix",
    ),
    (Meaning::Which, "which|what"),
    (
        Meaning::Best,
        "best|top|most|highest|largest|biggest|greatest|strongest|leading|popular|winner|rank|ranking",
    ),
    (Meaning::Worst, "worst|least|lowest|fewest|smallest|weakest|poorest|bottom"),
    (
        Meaning::Bestsellers,
        "bestseller|best seller|best selling|top seller|top selling|hot seller|selling well|sells well|sell well|sold well",
    ),
    (
        Meaning::SlowMovers,
        "slow mover|slow moving|worst seller|worst selling|slowest selling|shelf warmer|not selling|isn't selling|aren't selling|selling badly|sells badly|sell badly|sold badly",
    ),
];

const SHAPES: &[(Meaning, &str)] = &[
    (
        Meaning::Against,
        "compared to|compared with|in comparison to|in comparison with|versus|vs|against|than|relative to",
    ),
    (Meaning::Compare, "compare|comparison|difference"),
    (
        Meaning::Change,
        "month over month|mom|week over week|wow|growth|grow|grew|grown|change|changed|increase|\
         increased|decrease|decreased|drop|dropped|fall|fell|decline|declined|rise|rose|growing|shrinking|increasing|decreasing|declining|rising|falling",
    ),
    (Meaning::YearOverYear, "year over year|year on year|yoy"),
    (Meaning::Total, "total|overall|altogether|sum"),
    (
        Meaning::Review,
        "overview|summary|summarise|summarize|review|performance|health|status|dashboard|key figures|kpi|\
         report|what happened|what should i know|how is business|how was business|how is it|\
         how are things|how are we|how am i|how my store|how is my store|how my shop|how is my shop|\
         how my business|how is my business|how business|how it going|how do i stand",
    ),
    (
        Meaning::Doing,
        "doing|going|perform|performed|performing|we do|i do|store do|shop do|business do|products do",
    ),
    (Meaning::When, "when"),
    (
        Meaning::Advice,
        "how can i|how can we|how could i|how could we|how do i|how do we|how should i|how should we|\
         how to|what can i do|what can we do|what should i do|what should we do|should i|should we|\
         improve|advice|recommend|recommendation|suggestion",
    ),
];

const LIMITS: &[(Meaning, &str)] = &[
    (Meaning::Profit, "profit|profitable|profitability"),
    (Meaning::Missing(MARGIN), "margin|gross margin|gross profit|net profit|cost|cogs|contribution|loss|roi"),
    (
        Meaning::Coarser,
        "by quarter|per quarter|each quarter|every quarter|quarterly|by year|per year|each year|every year|yearly|annually",
    ),
    (Meaning::Missing("stock"), "stock|inventory|sell through"),
    (Meaning::Missing("discount codes"), "discount code|coupon|voucher|promo code"),
    (Meaning::Missing("shipping"), "shipping|delivery"),
    (Meaning::Missing("taxes"), "tax|sales tax|vat"),
    (Meaning::Missing("return rates"), "return rate|refund rate"),
    (Meaning::Missing("discount rates"), "discount rate"),
    (
        Meaning::Missing("visits and conversion"),
        "conversion|conversion rate|visitor|visit|session|traffic|abandoned cart",
    ),
    (Meaning::Missing("traffic sources and advertising"), "campaign|advertising|ads|marketing|channel|roas"),
    (Meaning::Missing("cohorts, retention and churn"), "cohort|retention|churn"),
    (Meaning::Missing("customer lifetime value"), "lifetime value|ltv|clv"),
    (Meaning::Missing("customer segments"), "rfm|segment"),
    (Meaning::Missing("products bought together"), "bought together|bundle"),
    (
        Meaning::Missing("single customers"),
        "best customer|top customer|biggest customer|loyalest customer|which customer|who|per customer|\
         by customer",
    ),
    (Meaning::Missing("one-time buyers"), "one time buyer|one time customer|single purchase"),
    (Meaning::Missing("vendors and brands"), "vendor|brand|supplier"),
    (Meaning::Missing("product types and collections"), "category|collection|product type"),
    (Meaning::Missing("variants"), "variant|sku|colour|color"),
    (Meaning::Missing("tags"), "tag"),
    (
        Meaning::Missing("hours and weekdays"),
        "hour|time of day|weekday|day of the week|weekend|monday|tuesday|wednesday|thursday|friday|\
         saturday|sunday",
    ),
    (
        Meaning::Missing("regions and cities"),
        "region|city|state|europe|eu|european union|asia|africa|scandinavia|continent",
    ),
    (Meaning::Missing("reviews and ratings"), "rating|customer review|product review"),
    (Meaning::Missing("the causes of a change"), "why|reason"),
    (
        Meaning::Season,
        "christmas|easter|black friday|cyber monday|holiday|holidays|halloween|valentine|spring|summer|autumn|winter|season",
    ),
    (
        Meaning::Foreign,
        "competitor|competition|other shop|other store|other merchant|another shop|another store|\
         industry|benchmark|weather|stock market|stock price",
    ),
    (
        Meaning::Future,
        "forecast|predict|prediction|projection|future|tomorrow|will|going to|expect|next day|next week|\
         next month|next quarter|next year|next few|coming week|coming month|upcoming",
    ),
    (Meaning::Courtesy, "will you"),
];
