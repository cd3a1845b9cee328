//! The statements of `store` and the schema that they are written for belong together.

use testing::TestDb;

#[tokio::test]
async fn every_named_statement_prepares_against_the_migrated_schema() {
    let db = TestDb::new().await;
    let client = db.owner().await;
    let statements = store::sql::all();
    assert!(statements.len() > 60, "{}", statements.len());
    let mut refused = Vec::new();
    for statement in statements {
        if let Err(error) = client.prepare(statement.text()).await {
            refused.push(format!(
                "{}: {}",
                statement.name(),
                error.as_db_error().map_or("", |e| e.message())
            ));
        }
    }
    assert_eq!(refused, Vec::<String>::new());
}

#[tokio::test]
async fn every_statement_has_a_name_of_its_own() {
    let mut names: Vec<&str> = store::sql::all().iter().map(|statement| statement.name()).collect();
    names.sort_unstable();
    let all = names.len();
    names.dedup();
    assert_eq!(names.len(), all);
    assert!(names.iter().all(|name| name.split('.').count() == 2), "{names:?}");
}

#[test]
fn every_statement_in_the_source_is_in_the_list() {
    let mut declared = 0;
    let mut folders = vec![std::path::PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/src"))];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                declared += std::fs::read_to_string(path).unwrap().matches(": Sql = Sql::new(").count();
            }
        }
    }
    assert_eq!(store::sql::all().len(), declared);
}
