//! How fast a store folder loads and how fast its bulk lines come over HTTP:
//! `cargo run --release -p shopify-sim --example measure -- FOLDER`.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::clock::Clock;
use shopify_sim::{folder, server};

const QUERY: &str = "{ orders { edges { node { id name createdAt processedAt updatedAt cancelledAt cancelReason test \
    displayFinancialStatus displayFulfillmentStatus sourceName tags note discountCodes customer { id } \
    shippingAddress { countryCodeV2 } subtotalPriceSet { shopMoney { amount } } totalDiscountsSet { shopMoney { amount } } \
    totalShippingPriceSet { shopMoney { amount } } totalTaxSet { shopMoney { amount } } \
    lineItems { edges { node { id title quantity isGiftCard product { id } variant { id } \
    originalTotalSet { shopMoney { amount } } discountAllocations { allocatedAmountSet { shopMoney { amount } } } \
    taxLines { priceSet { shopMoney { amount } } } } } } } } } }";

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = PathBuf::from(std::env::args().nth(1).ok_or("which folder?")?);
    let start = Instant::now();
    let store = folder::load(&path)?;
    println!("loaded in {:.2} s: {:?}", start.elapsed().as_secs_f64(), store.counts());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let address = format!("http://{}/admin/api/2026-10/graphql.json", listener.local_addr()?);
    tokio::spawn(server::serve(listener, vec![("token".to_owned(), Arc::new(store))], Clock::Real));

    let http = reqwest::Client::builder().build()?;
    let ask = async |query: String| -> Result<serde_json::Value, reqwest::Error> {
        let body = serde_json::json!({ "query": query });
        let request = http.post(&address).header("x-shopify-access-token", "token").json(&body);
        request.send().await?.json().await
    };
    let start = Instant::now();
    let submit = format!(
        "mutation {{ bulkOperationRunQuery(query: {QUERY:?}) {{ bulkOperation {{ id }} userErrors {{ message }} }} }}"
    );
    let submitted = ask(submit).await?;
    let id = submitted["data"]["bulkOperationRunQuery"]["bulkOperation"]["id"]
        .as_str()
        .ok_or("refused")?
        .to_owned();
    let done = loop {
        let poll = format!("{{ bulkOperation(id: {id:?}) {{ status objectCount fileSize url }} }}");
        let polled = ask(poll).await?["data"]["bulkOperation"].clone();
        if polled["status"] == "COMPLETED" {
            break polled;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    };
    let seconds = start.elapsed().as_secs_f64();
    let lines: f64 = done["objectCount"].as_str().unwrap_or("0").parse()?;
    println!("{lines} lines, {} bytes in {seconds:.2} s: {:.0} lines/s", done["fileSize"], lines / seconds);
    let start = Instant::now();
    let bytes = http.get(done["url"].as_str().ok_or("no url")?).send().await?.bytes().await?.len();
    println!("{bytes} bytes downloaded in {:.2} s", start.elapsed().as_secs_f64());
    Ok(())
}
