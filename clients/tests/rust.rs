//! Uses the client that openapi-generator's `rust` writes: `SERVICE_URL` is the service.

use openapi::{
    apis::{Error, configuration::Configuration, interviews_api as interviews, notes_api as notes},
    models::{NewInterview, NewNote},
};

#[tokio::main]
async fn main() {
    let configuration = Configuration {
        base_path: std::env::var("SERVICE_URL").expect("SERVICE_URL"),
        ..Configuration::default()
    };
    let interview = NewInterview::new("Ada".to_owned());
    let created = interviews::create_interview(&configuration, interview, None).await;
    let id = created.expect("an interview").id;
    let note = NewNote::new("ask again".to_owned());
    let note = notes::add_note(&configuration, &id, note, None).await.expect("a note");
    assert_eq!(note.text, "ask again");
    let listed = notes::list_notes(&configuration, &id, None, None).await.expect("notes");
    assert_eq!(listed.items[0].id, note.id);
    interviews::delete_interview(&configuration, &id).await.expect("deleted");
    let gone = interviews::get_interview(&configuration, &id, None).await;
    let Err(Error::ResponseError(response)) = gone else {
        panic!("the interview is still there");
    };
    assert_eq!(response.status, 404);
}
