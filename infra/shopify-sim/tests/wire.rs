//! The simulator over real HTTP, as a client of Shopify meets it.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test stops where it is surprised")]

use std::sync::Arc;

use domain::clock::Clock;
use serde_json::{Value, json};
use shopify_sim::{folder, sample, server};

const VERSION: &str = "2026-10";

struct Shop {
    base: String,
    http: reqwest::Client,
}

impl Shop {
    /// Two stores on one server: the sample for the token `ana`, an empty one for `bo`.
    async fn open() -> Self {
        let sample = folder::load(&sample::folder()).unwrap();
        let empty = tempfile::tempdir().unwrap();
        std::fs::copy(sample::folder().join("store.json"), empty.path().join("store.json")).unwrap();
        let empty = folder::load(empty.path()).unwrap();
        let clock = Clock::Fixed(sample.shop.now.unwrap());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let stores = vec![("ana".to_owned(), Arc::new(sample)), ("bo".to_owned(), Arc::new(empty))];
        tokio::spawn(server::serve(listener, stores, clock));
        Self { base, http: reqwest::Client::builder().build().unwrap() }
    }

    async fn post(&self, version: &str, token: &str, body: &Value) -> reqwest::Response {
        let url = format!("{}/admin/api/{version}/graphql.json", self.base);
        self.http.post(url).header("X-Shopify-Access-Token", token).json(body).send().await.unwrap()
    }

    async fn ask(&self, query: &str, variables: Value) -> Value {
        let body = json!({ "query": query, "variables": variables });
        self.post(VERSION, "ana", &body).await.json().await.unwrap()
    }

    async fn data(&self, query: &str) -> Value {
        let mut answer = self.ask(query, json!({})).await;
        assert_eq!(answer.get("errors"), None, "{answer}");
        answer["data"].take()
    }

    async fn submit(&self, token: &str, query: &str) -> Value {
        let submit = "mutation Start($query: String!) { bulkOperationRunQuery(query: $query) {
            bulkOperation { id status } userErrors { field message code } } }";
        let body = json!({ "query": submit, "variables": { "query": query } });
        let mut answer: Value = self.post(VERSION, token, &body).await.json().await.unwrap();
        answer["data"]["bulkOperationRunQuery"].take()
    }

    /// Runs a bulk query to its end.
    async fn bulk(&self, query: &str) -> Value {
        let submitted = self.submit("ana", query).await;
        assert_eq!(submitted["userErrors"], json!([]));
        assert_eq!(submitted["bulkOperation"]["status"], "CREATED");
        let poll = "query Poll($id: ID!) { bulkOperation(id: $id) {
            id status errorCode objectCount rootObjectCount fileSize url completedAt } }";
        for _ in 0..20_000 {
            let mut answer = self.ask(poll, json!({ "id": submitted["bulkOperation"]["id"] })).await;
            if answer["data"]["bulkOperation"]["status"] == "COMPLETED" {
                return answer["data"]["bulkOperation"].take();
            }
        }
        panic!("the operation does not end");
    }

    async fn download(&self, operation: &Value) -> String {
        let url = operation["url"].as_str().unwrap();
        self.http.get(url).send().await.unwrap().text().await.unwrap()
    }
}

fn pretty(value: &Value) -> String {
    format!("{value:#}")
}

#[tokio::test]
async fn the_shop_says_who_it_is() {
    let shop = Shop::open().await;
    let answer = shop
        .ask(
            "query { shop { id name myshopifyDomain currencyCode ianaTimezone timezoneOffsetMinutes taxesIncluded
              plan { publicDisplayName } enabledPresentmentCurrencies __typename }
              currentAppInstallation { accessScopes { handle } } }",
            json!({}),
        )
        .await;
    insta::assert_snapshot!(pretty(&json!(answer)));
}

#[tokio::test]
async fn a_wrong_token_and_a_wrong_version_are_turned_away() {
    let shop = Shop::open().await;
    let query = json!({ "query": "{ shop { name } }" });
    let wrong = shop.post(VERSION, "nobody", &query).await;
    assert_eq!(wrong.status(), 401);
    let expected = "[API] Invalid API key or access token (unrecognized login or wrong password)";
    assert_eq!(wrong.json::<Value>().await.unwrap(), json!({ "errors": expected }));
    assert_eq!(shop.post("2027-01", "ana", &query).await.status(), 404);
    assert_eq!(shop.post("latest", "ana", &query).await.status(), 404);
    let old = shop.post("2025-01", "ana", &query).await;
    assert_eq!(
        (old.status().as_u16(), &old.headers()["X-Shopify-API-Version"]),
        (200, &VERSION.parse().unwrap())
    );
}

#[tokio::test]
async fn one_stores_token_never_opens_the_other() {
    let shop = Shop::open().await;
    let query =
        json!({ "query": "{ order(id: \"gid://shopify/Order/1001\") { id } ordersCount { count } }" });
    let ana: Value = shop.post(VERSION, "ana", &query).await.json().await.unwrap();
    let bo: Value = shop.post(VERSION, "bo", &query).await.json().await.unwrap();
    assert_eq!(
        ana["data"],
        json!({ "order": { "id": "gid://shopify/Order/1001" }, "ordersCount": { "count": 7 } })
    );
    assert_eq!(bo["data"], json!({ "order": null, "ordersCount": { "count": 0 } }));
    let operation = shop.bulk("{ customers { edges { node { id } } } }").await;
    let poll = json!({ "query": format!("{{ bulkOperation(id: {}) {{ id }} }}", operation["id"]) });
    let bo: Value = shop.post(VERSION, "bo", &poll).await.json().await.unwrap();
    assert_eq!(bo["data"], json!({ "bulkOperation": null }));
}

#[tokio::test]
async fn what_shopify_refuses_is_refused_in_its_words() {
    let shop = Shop::open().await;
    let cases = [
        "{ shop { name nmae } }",
        "query Orders { orders { nodes { id } } }",
        "{ orders(first: 251) { nodes { id } } }",
        "{ orders(first: 1, colour: 3) { nodes { id } } }",
        "{ order { id } }",
        "{ shop }",
        "{ shop { name { first } } }",
        "{ node(id: \"gid://shopify/Order/1001\") { name } }",
        "{ locations(first: 1) { nodes { id } } }",
        "mutation { productDelete(input: { id: \"gid://shopify/Product/11\" }) { deletedProductId } }",
        "{ orders(first: 250) { nodes { lineItems(first: 250) { nodes { product { id } variant { id product { id } }
          discountAllocations { discountApplication { index } } taxLines { rate } } }
          again: lineItems(first: 250) { nodes { product { id } } } } } }",
        "{ shop { ...Missing } }",
        "fragment A on Shop { ...B } fragment B on Shop { ...A } { shop { ...A } }",
        "query Need($id: ID!) { order(id: $id) { id } }",
        "{ shop { name }",
        "",
    ];
    let mut answers = Vec::new();
    for query in cases {
        let answer = shop.ask(query, json!({})).await;
        assert_eq!(answer.get("data"), None, "{query}");
        answers.push(json!({ "query": query, "errors": answer["errors"] }));
    }
    insta::assert_snapshot!(pretty(&json!(answers)));
}

#[tokio::test]
async fn orders_come_page_by_page_with_the_sums_that_follow_from_their_lines() {
    let shop = Shop::open().await;
    let query = include_str!("wire/orders_page.graphql");
    let (mut pages, mut after) = (Vec::new(), Value::Null);
    loop {
        let answer = shop.ask(query, json!({ "first": 3, "after": after })).await;
        assert_eq!(answer.get("errors"), None, "{answer}");
        let page = &answer["data"]["orders"];
        after = page["pageInfo"]["endCursor"].clone();
        let has_more = page["pageInfo"]["hasNextPage"] == true;
        pages.push(page["nodes"].clone());
        if !has_more {
            break;
        }
    }
    insta::assert_snapshot!(pretty(&json!(pages)));
}

#[tokio::test]
async fn products_and_customers_cost_what_was_recorded() {
    let shop = Shop::open().await;
    let products = shop.ask(include_str!("wire/products_page.graphql"), json!({ "first": 250 })).await;
    let customers = shop.ask(include_str!("wire/customers_page.graphql"), json!({ "first": 250 })).await;
    insta::assert_snapshot!(pretty(&json!([products, customers])));
    let cost = |answer: &Value| answer["extensions"]["cost"]["requestedQueryCost"].clone();
    assert_eq!((cost(&products), cost(&customers)), (json!(376), json!(134)));
}

#[tokio::test]
async fn searches_filter_and_say_what_they_did_not_understand() {
    let shop = Shop::open().await;
    let query = "query Found($q: String) { orders(first: 10, query: $q, sortKey: UPDATED_AT, reverse: true) {
        edges { cursor node { name updatedAt } } } }";
    let mut answers = Vec::new();
    let cases = [
        "updated_at:>=2026-03-01T05:10:00Z",
        "updated_at:>='2026-02-20T20:00:00Z' AND updated_at:<2026-03-06",
        "test:true",
        "customer_id:201 financial_status:paid",
        "colour:red",
        "updated_at:>=yesterday",
    ];
    for search in cases {
        let answer = shop.ask(query, json!({ "q": search })).await;
        let edges = answer["data"]["orders"]["edges"].as_array().unwrap();
        let names: Vec<&Value> = edges.iter().map(|edge| &edge["node"]["name"]).collect();
        answers.push(json!({ "search": search, "names": names, "warnings": answer["extensions"]["search"] }));
    }
    insta::assert_snapshot!(pretty(&json!(answers)));
}

#[tokio::test]
async fn nodes_give_the_refunds_of_orders_with_their_lines() {
    let shop = Shop::open().await;
    let query = "query Refunds($ids: [ID!]!) { nodes(ids: $ids) { __typename id ... on Order { refunds { id processedAt note
        totalRefundedSet { shopMoney { amount currencyCode } }
        refundShippingLines(first: 5) { nodes { subtotalAmountSet { shopMoney { amount } } } }
        refundLineItems(first: 50) { nodes { id quantity restockType lineItem { id }
          subtotalSet { shopMoney { amount } } totalTaxSet { shopMoney { amount } } } pageInfo { hasNextPage endCursor } } } } } }";
    let ids = ["Order/1001", "Order/1005", "Order/1006", "Order/9", "Customer/201"];
    let ids: Vec<String> = ids.iter().map(|id| format!("gid://shopify/{id}")).collect();
    insta::assert_snapshot!(pretty(&json!(shop.ask(query, json!({ "ids": ids })).await)));
}

#[tokio::test]
async fn bulk_orders_are_the_lines_that_shopify_would_write() {
    let shop = Shop::open().await;
    let operation = shop.bulk(include_str!("wire/bulk_orders.graphql")).await;
    let text = shop.download(&operation).await;
    insta::assert_snapshot!(text);
    assert_eq!(operation["fileSize"], text.len().to_string());
    assert_eq!((&operation["objectCount"], &operation["rootObjectCount"]), (&json!("17"), &json!("7")));
    assert_eq!(
        (&operation["errorCode"], &operation["completedAt"]),
        (&Value::Null, &json!("2026-03-10T12:00:00Z"))
    );
}

#[tokio::test]
async fn bulk_products_and_filtered_orders_come_alike() {
    let shop = Shop::open().await;
    let products =
        "{ products { edges { node { id title status variants { edges { node { id price compareAtPrice
        inventoryQuantity inventoryItem { unitCost { amount } } } } } } } } }";
    let operation = shop.bulk(products).await;
    insta::assert_snapshot!(shop.download(&operation).await);
    let orders = "{ orders(query: \"updated_at:>=2026-03-08\") { edges { node { id } } } }";
    let operation = shop.bulk(orders).await;
    assert_eq!(shop.download(&operation).await, "{\"id\":\"gid://shopify/Order/1007\"}\n");
    let nothing = shop.bulk("{ orders(query: \"updated_at:>=2030-01-01\") { edges { node { id } } } }").await;
    assert_eq!((&nothing["url"], &nothing["fileSize"]), (&Value::Null, &json!("0")));
}

#[tokio::test]
async fn a_download_goes_on_where_it_broke_off() {
    let shop = Shop::open().await;
    let operation =
        shop.bulk("{ orders { edges { node { id name lineItems { edges { node { id } } } } } } }").await;
    let whole = shop.download(&operation).await;
    let url = operation["url"].as_str().unwrap();
    let range = |range: &'static str| shop.http.get(url).header("Range", range).send();
    let rest = range("bytes=100-").await.unwrap();
    assert_eq!(rest.status(), 206);
    assert_eq!(
        rest.headers()["Content-Range"],
        format!("bytes 100-{}/{}", whole.len() - 1, whole.len()).as_str()
    );
    assert_eq!(rest.text().await.unwrap(), whole[100..]);
    assert_eq!(range("bytes=999999-").await.unwrap().status(), 416);
    let guessed = url.split_once('?').unwrap().0;
    assert_eq!(shop.http.get(guessed).send().await.unwrap().status(), 404);
}

#[tokio::test]
async fn bulk_queries_that_shopify_refuses_are_refused() {
    let shop = Shop::open().await;
    let cases = [
        "{ shop { name } }",
        "{ orders { nodes { id } } }",
        "{ orders { edges { cursor } } }",
        "{ node(id: \"gid://shopify/Order/1001\") { id } }",
        "{ orders { edges { node { name lineItems { edges { node { id } } } } } } }",
        "{ orders { edges { node { key: id lineItems { edges { node { id } } } } } } }",
        "{ orders { edges { node { id refunds { id refundLineItems { edges { node { id } } } } } } } }",
        "{ customers { edges { node { id orders { edges { node { id lineItems { edges { node { id variant { id product { id
          variants { edges { node { id } } } } } } } } } } } } } } }",
        "{ a: orders { edges { node { id } } } b: orders { edges { node { id } } } c: orders { edges { node { id } } }
          d: orders { edges { node { id } } } e: orders { edges { node { id } } } f: orders { edges { node { id } } } }",
        "mutation { bulkOperationCancel(id: \"gid://shopify/BulkOperation/1\") { bulkOperation { id } } }",
        "{ orders { edges { node { price } } } }",
        "{ orders {",
    ];
    let mut refused = Vec::new();
    for query in cases {
        let answer = shop.submit("ana", query).await;
        assert_eq!(answer["bulkOperation"], Value::Null, "{query}");
        refused.push(json!({ "query": query, "userErrors": answer["userErrors"] }));
    }
    insta::assert_snapshot!(pretty(&json!(refused)));
}

#[tokio::test]
async fn customers_orders_and_products_find_each_other() {
    let shop = Shop::open().await;
    let found = shop
        .data(
            "{ customer(id: \"gid://shopify/Customer/201\") { displayName numberOfOrders lastOrder { name }
               orders(last: 2) { edges { node { name customer { id } } } pageInfo { hasPreviousPage } } }
             product(id: \"gid://shopify/Product/12\") { title totalInventory tags variants(first: 1) {
               nodes { sku product { handle } } pageInfo { hasNextPage } } }
             node(id: \"gid://shopify/LineItem/10071\") { __typename ... on LineItem { title variant { id } product { id } } } }",
        )
        .await;
    insta::assert_snapshot!(pretty(&json!(found)));
}
