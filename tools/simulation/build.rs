//! Lets the program's `getrandom` be found by libraries that look it up by name.

fn main() {
    println!("cargo:rustc-link-arg=-rdynamic");
}
