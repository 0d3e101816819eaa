"""Uses the client of the Model Context Protocol's own SDK: SERVICE_URL is the service."""

import asyncio
import json
import os
import urllib.request
from typing import Any

import httpx2
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

URL = os.environ["SERVICE_URL"]
USER = "mcp-client"
SAID = """Grace  0:00
What did you build last summer?

Ada  0:04
I built a small boat with my sister, and we sailed to the island.
"""


def ask(method: str, path: str, body: Any = None, kind: str = "application/json") -> Any:
    data = body.encode() if isinstance(body, str) else body and json.dumps(body).encode()
    headers = {"x-user-id": USER, "content-type": kind}
    with urllib.request.urlopen(urllib.request.Request(URL + path, data, headers, method=method)) as response:
        return json.loads(response.read() or "null")


def interview() -> str:
    created = ask("POST", "/v1/interviews", {"title": "Ada, first round"})["id"]
    ask("POST", f"/v1/interviews/{created}/transcript", SAID, "text/plain")
    # The stream of events ends with the interview.
    request = urllib.request.Request(f"{URL}/v1/interviews/{created}/events", headers={"x-user-id": USER})
    with urllib.request.urlopen(request, timeout=60) as events:
        events.read()
    status = ask("GET", f"/v1/interviews/{created}?fields=")["status"]
    assert status == "completed", status
    return created


def connected(http: httpx2.AsyncClient, mode: Any) -> Client:
    return Client(streamable_http_client(f"{URL}/mcp", http_client=http), mode=mode)


async def found(client: Client, tool: str, **arguments: Any) -> Any:
    result = await client.call_tool(tool, arguments)
    assert not result.is_error, result
    assert json.loads(result.content[0].text) == result.structured_content
    return result.structured_content


async def use(client: Client, created: str) -> None:
    assert "instructions" in (client.instructions or ""), client.instructions
    # The client checks every structured result by the schema that it lists here.
    tools = {tool.name for tool in (await client.list_tools()).tools}
    assert tools == {"list_interviews", "get_interview", "get_transcript", "get_analysis", "get_quotes", "search"}, (
        tools
    )
    listed = await found(client, "list_interviews", limit=5)
    assert [item["id"] for item in listed["items"]] == [created], listed
    one = await found(client, "get_interview", interview_id=created)
    assert [voice["name"] for voice in one["speakers"]] == ["Grace", "Ada"], one
    hits = await found(client, "search", q='"small boat"')
    hit = next(hit for hit in hits["items"] if hit["field"] == "transcript")
    around = await found(client, "get_transcript", interview_id=created, from_ms=hit["start_ms"])
    assert "I built a small boat" in around["turns"][-1]["text"], around
    assert hit["url"].startswith(f"{URL}/app/interviews/{created}?t="), hit
    await found(client, "get_analysis", interview_id=created)
    quotes = await found(client, "get_quotes", interview_id=created, status="verified")
    assert quotes["items"], quotes
    for quote in quotes["items"]:
        assert quote["quote"] in SAID and quote["from_ms"] < quote["to_ms"], quote
        assert quote["speaker_name"] in ("Grace", "Ada"), quote
    for arguments in ({"interview_id": "unknown"}, {"interview_id": created, "from_ms": -1}, {}):
        refused = await client.call_tool("get_transcript", arguments)
        assert refused.is_error, refused


async def main() -> None:
    created = interview()
    token = ask("POST", "/v1/tokens", {"name": "mcp", "scope": "read"})
    headers = {"authorization": f"Bearer {token['token']}"}
    for mode, version in (("auto", "2026-07-28"), ("legacy", "2025-11-25")):
        async with httpx2.AsyncClient(headers=headers) as http, connected(http, mode) as client:
            assert client.protocol_version == version, client.protocol_version
            await use(client, created)
    ask("DELETE", f"/v1/tokens/{token['id']}")
    try:
        async with httpx2.AsyncClient(headers=headers) as http, connected(http, "legacy"):
            pass
    except Exception:
        print("a client of MCP lists, searches, reads and quotes, and a revoked token opens nothing")
    else:
        raise AssertionError("a revoked token connects")


asyncio.run(main())
