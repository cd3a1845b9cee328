//! How many order lines a second PostgreSQL takes through the mirror's own statement:
//! `cargo run --release -p store --example mirror_speed [lines]`.

use std::time::Instant;

use domain::facts::OrderLine;
use store::mirror;
use testing::TestDb;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), store::error::Error> {
    let lines: i64 = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(200_000);
    let rows: Vec<OrderLine> = (1..=lines).map(line).collect();
    let db = TestDb::new().await;
    for pass in ["new", "again"] {
        let (started, mut changed) = (Instant::now(), 0);
        for batch in rows.chunks(mirror::BATCH_ROWS) {
            let mut tx = db.store.tenant(&db.alice).await?;
            changed += mirror::upsert_order_lines(&mut tx, db.alice_account, batch).await?;
            tx.commit().await?;
        }
        let speed = lines as f64 / started.elapsed().as_secs_f64();
        println!("{pass}: {lines} lines, {changed} changed, {speed:.0} lines a second");
    }
    Ok(())
}

fn line(id: i64) -> OrderLine {
    OrderLine {
        id,
        order_id: id / 26,
        product_id: Some(id % 4_000),
        variant_id: Some(id % 5_000),
        title: None,
        quantity: 2,
        gross: 1_000,
        discount: 0,
        tax: 0,
        gift_card: false,
    }
}
