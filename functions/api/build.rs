//! Builds again when the console has been built.

fn main() {
    println!("cargo:rerun-if-changed=../../console/dist");
}
