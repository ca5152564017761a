"""A service with people who annotate."""

from __future__ import annotations

from members import bearer, member, token

PEOPLE = {"an": "reviewer", "lan": "annotator", "minh": "annotator", "xem": "reader"}
TEXT = "🌾 Thu ngân sách đạt 7.215 tỷ đồng, tăng 6,2% so với cùng kỳ.\nĐàn bò có 8.320 con."


class Office:
    """A service with people who each send their token."""

    def __init__(self, client, database):
        self.client, self.database = client, database
        for name, role in PEOPLE.items():
            member(database, name, role, password=False)
        self.headers = {name: bearer(token(database, name)) for name in PEOPLE}

    def ask(self, name, method, path, **more):
        return self.client.request(method, f"/v1/{path}", headers=self.headers[name], **more)

    def ok(self, name, method, path, **more):
        answer = self.ask(name, method, path, **more)
        assert answer.is_success, answer.text
        return answer.json()

    def project(self, name="Dự án", **more):
        return self.ok("an", "POST", "projects", json={"name": name, **more})["id"]

    def tasks(self, project, *documents, **more):
        return self.ok("an", "POST", f"projects/{project}/documents", json={"documents": documents, **more})["tasks"]

    def send(self, name, task, *operations, revision=0, client=None, prefix="e"):
        events = [{"id": f"{prefix}{n}", "operation": told} for n, told in enumerate(operations)]
        body = {"revision": revision, "client": client or name, "events": events}
        return self.ask(name, "POST", f"tasks/{task}/corrections", json=body)

    def spans(self, name, task, **more):
        return self.ok(name, "GET", f"tasks/{task}", params=more)["spans"]
