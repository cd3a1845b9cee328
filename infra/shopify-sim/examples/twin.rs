//! Writes the default twin: `cargo run -p shopify-sim --example twin -- OUT [ORDERS]`.

use std::path::PathBuf;
use std::time::Instant;

use shopify_sim::{folder, twin};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut given = std::env::args().skip(1);
    let out = PathBuf::from(given.next().ok_or("where to?")?);
    let mut settings = twin::Settings::new(42, out.clone());
    if let Some(orders) = given.next() {
        settings.orders = orders.parse()?;
    }
    let start = Instant::now();
    let truth = twin::write(settings)?;
    println!("written in {:.2} s", start.elapsed().as_secs_f64());
    println!("{truth:#?}");
    println!("{:?}", folder::load(&out)?.counts());
    Ok(())
}
