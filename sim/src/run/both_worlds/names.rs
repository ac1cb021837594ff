//! What a look-up gives.

use super::*;

#[test]
fn dns_fail() {
    let orders = vec![
        (ms(0), Order::LoseNames("client", None)),
        (ms(200), Order::FindNames("client", None)),
        (ms(400), Order::LoseNames("client", Some("server"))),
        (ms(600), Order::FindNames("client", Some("server"))),
        (ms(800), Order::LoseNames("server", Some("client"))),
    ];
    both_see(
        orders,
        |rt, diary| async move {
            let begun = Instant::now();
            for at in [100, 300, 500, 700, 900] {
                until(begun, ms(at)).await;
                let dialled = dial(&rt).await.map(drop);
                diary.note("client", dialled.map_or_else(|error| error.to_string(), |()| "found".to_owned()));
            }
            std::future::pending().await
        },
        [
            &["server:7 has no address", "found", "server:7 has no address", "found", "found"],
            &["end", "end", "end"],
        ],
    );
}

#[test]
fn lead() {
    let orders = vec![
        (ms(200), Order::Lead(SHARED, Some("client"))),
        (ms(400), Order::LoseNames("client", Some("client"))),
        (ms(600), Order::FindNames("client", Some("client"))),
        (ms(800), Order::Lead(SHARED, None)),
    ];
    both_see(
        orders,
        |rt, diary| async move {
            let begun = Instant::now();
            for at in [100, 300, 500, 700, 900] {
                until(begun, ms(at)).await;
                let found = rt.net.resolve(SHARED).await?;
                // Nobody listens at the client: its address is passed over.
                let (stream, reached) = rt.connect(SHARED, 7, ms(2000)).await.map_err(io::Error::other)?;
                diary.note("client", format!("{found:?}, {}", reached.ip()));
                drop(stream);
            }
            std::future::pending().await
        },
        [
            &[
                "[10.0.0.2, 10.0.0.1], 10.0.0.2",
                "[10.0.0.1, 10.0.0.2], 10.0.0.2",
                "[10.0.0.2], 10.0.0.2",
                "[10.0.0.1, 10.0.0.2], 10.0.0.2",
                "[10.0.0.2, 10.0.0.1], 10.0.0.2",
            ],
            &["end"; 5],
        ],
    );
}
