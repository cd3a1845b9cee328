#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), runtime::Error> {
    departments::serve(domain::department::Department::ComparativeAnalysis).await
}
