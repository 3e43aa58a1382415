"""`gridward webhook`: who else is told, a test that arrives, and the ledger."""

from __future__ import annotations

import json

from tests.services.outside import receiver


def test_a_webhook_is_added_tested_listed_and_removed(gridward, database, monkeypatch):
    monkeypatch.setenv("GRIDWARD_WEBHOOK_HOSTS", "127.0.0.1")
    with receiver([(204, {}), (500, {})]) as (port, requests):
        code, out, _ = gridward("webhook", "add", f"http://127.0.0.1:{port}/hook", "--kind", "clock", "--json")
        made = json.loads(out)
        assert (code, len(made["secret"]) > 30, made["kinds"]) == (0, True, ["clock"])
        code, out, _ = gridward("webhook", "test", made["id"], "--json")
        assert (code, json.loads(out)["state"]) == (0, "sent")
        path, headers, body = requests[0]
        assert (path, headers["Gridward-Event"], json.loads(body)["kind"]) == ("/hook", "test", "test")
        code, out, _ = gridward("webhook", "test", made["id"])
        assert (code, "answered 500" in out) == (1, True)
    code, out, _ = gridward("webhook", "list")
    assert (code, "queued 1, sent 1, given up 0" in out) == (0, True)
    told = json.loads(gridward("webhook", "deliveries", made["id"], "--json")[1])["deliveries"]
    assert [(one["kind"], one["state"], len(one["tries"])) for one in told] == [
        ("test", "queued", 1),
        ("test", "sent", 1),
    ]
    code, out, _ = gridward("webhook", "again", made["id"], "--json")
    assert (code, json.loads(out)) == (0, {"queued": 0})
    assert gridward("webhook", "again", made["id"])[1] == "0 given up are sent again.\n"
    assert gridward("webhook", "remove", made["id"])[0] == 0
    assert gridward("webhook", "list")[1] == "Nobody else is told.\n"
    assert gridward("webhook", "deliveries", made["id"])[1] == "Nothing was delivered yet.\n"
    assert gridward("webhook", "remove", made["id"])[0] == 2
    assert gridward("webhook", "test", made["id"])[0] == 2
    assert gridward("webhook", "add", "https://10.0.0.1/", "--channel", "webhook")[0] == 2
    assert gridward("webhook", "add", "someone", "--channel", "pigeon")[0] == 2
