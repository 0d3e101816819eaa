//! A program that was built without whisper.cpp.

use config::Environment;

#[test]
fn it_says_so_in_one_line() {
    let environment = Environment::from_pairs([("TRANSCRIBER", "whisper")]);
    let error = engines::speech(&environment).err().expect("no engine");
    assert_eq!(
        error.to_string(),
        "TRANSCRIBER=whisper needs a program that is built with `--features whisper`"
    );
}
