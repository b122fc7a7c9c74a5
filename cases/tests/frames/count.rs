//! Owns the count of the product: each combination is a test of its own.
#![expect(clippy::disallowed_methods, reason = "it asks its own executable")]

/// Combinations that the product has at least.
const LEAST: usize = 150;

/// Modules whose tests are one combination each.
const PRODUCT: [&str; 5] = ["ah::", "encapsulated::", "mtu::", "transport::", "tunnel::"];

#[test]
fn the_product_has_150_combinations() {
    let executable = std::env::current_exe().expect("it runs");
    let listed = std::process::Command::new(executable)
        .args(["--list", "--format", "terse"])
        .output()
        .expect("it lists its tests");
    let text = String::from_utf8_lossy(&listed.stdout);
    let of_the_product = |name: &&str| PRODUCT.iter().any(|module| name.starts_with(module));
    let names = text.lines().filter_map(|line| line.strip_suffix(": test"));
    // What only a long mode runs does not count.
    let names = names.filter(|name| !name.contains("on_every_link"));
    let combinations = names
        .filter(of_the_product)
        .filter(|name| name.contains("case_"))
        .count();
    println!("{combinations} combinations");
    assert!(combinations >= LEAST, "only {combinations}:\n{text}");
}
