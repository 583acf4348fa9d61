"""The page: what can be read off its source, always; what only a browser shows, where there is one."""

import base64
import json
import os
import re
import select
import shutil
import subprocess
import time
from fcntl import F_DUPFD, fcntl
from html.parser import HTMLParser

import pytest

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
VOID = {"meta", "link", "br", "rect", "line", "path", "img"}
QUIET = "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
QUIET += " --disable-component-update --disable-sync --remote-debugging-pipe"


@pytest.fixture(scope="session")
def page(report, tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "page.html"
    report.to_html(path)
    return path


# --- by the standard library's parser ---


class Outline(HTMLParser):
    """Tags with their attributes in order, and the text within each."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.open, self.texts = [], [], {}
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open:
            self.texts.setdefault(self.open[-1], []).append(data)

    def all(self, tag):
        return [attrs for name, attrs in self.tags if name == tag]


def test_the_page_needs_nothing_but_itself(page):
    text = page.read_text()
    assert not re.search(r"https?:|//\w|@import|url\(", text)
    for _, attrs in Outline(text).tags:
        assert "src" not in attrs
        assert attrs.get("href", "data:,") == "data:,"
    assert [path.name for path in page.parent.iterdir()] == ["page.html"]


def test_the_page_is_for_readers_of_all_kinds(page, report):
    outline = Outline(page.read_text())
    levels = [int(tag[1]) for tag, _ in outline.tags if re.fullmatch(r"h\d", tag)]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(b - a <= 1 for a, b in zip(levels, levels[1:], strict=False))
    assert outline.all("html")[0]["lang"] == "en"
    assert "width=device-width" in outline.all("meta")[1]["content"]
    n_tables = len(outline.all("table"))
    assert n_tables == 5  # distances, questions, columns, sources, class shares
    assert len(outline.texts["caption"]) == len(outline.all("thead")) == n_tables
    assert all(cell["scope"] in ("row", "col") for cell in outline.all("th"))
    assert all(cell["aria-sort"] == "none" for cell in outline.all("th") if cell["scope"] == "col")
    assert len(outline.all("button")) == sum(cell["scope"] == "col" for cell in outline.all("th"))
    pictures = outline.all("svg")
    assert len(pictures) == 2 + len(report.pictures) == 5  # the map, the differences, columns
    assert all(picture["role"] == "img" and len(picture["aria-label"]) > 20 for picture in pictures)


def test_names_and_values_are_text_not_markup(page):
    text = page.read_text()
    assert "<b>" not in text and "Tu<rin" not in text
    assert "&lt;b&gt;rent&lt;/b&gt; &amp; &quot;more&quot;" in text


def test_the_notebook_gets_the_same_part(report, page):
    assert report._repr_html_() in page.read_text()


def test_a_page_is_written_whole_or_not_at_all(report, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"There is no folder '.*no' to write 'page.html' into"):
        report.to_html(tmp_path / "no" / "page.html")
    assert list(tmp_path.iterdir()) == []


# --- by a browser ---


class Browser:
    """Headless Chromium, spoken to through its debugging pipe: the standard library is enough."""

    def __init__(self, folder):
        (self._out, theirs_in), (back, self._in) = os.pipe()[::-1], os.pipe()
        command, answers = fcntl(theirs_in, F_DUPFD, 20), fcntl(self._in, F_DUPFD, 20)
        self._in, self.events, self._number = back, [], 0

        def wire():
            os.dup2(command, 3)
            os.dup2(answers, 4)

        self._process = subprocess.Popen(
            [CHROMIUM, *QUIET.split(), f"--user-data-dir={folder}"],
            preexec_fn=wire,
            close_fds=False,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._rest = b""
        self._session = None
        target = self("Target.createTarget", url="about:blank")["targetId"]
        self._session = self("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for part in ("Page", "Runtime", "Network", "Log"):
            self(f"{part}.enable")

    def __call__(self, method, **params):
        """Send a command and wait for its result."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._out, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._read()
            if answer.get("id") == self._number:
                assert "error" not in answer, answer
                return answer["result"]
            self.events.append(answer)

    def _read(self, seconds=60):
        """Next message."""
        end = time.monotonic() + seconds
        while b"\0" not in self._rest:
            ready, _, _ = select.select([self._in], [], [], max(0, end - time.monotonic()))
            assert ready, "the browser does not answer"
            self._rest += os.read(self._in, 1 << 20)
        line, _, self._rest = self._rest.partition(b"\0")
        return json.loads(line)

    def open(self, path):
        """Load a page."""
        self.events.clear()
        self("Page.navigate", url=path.as_uri())
        while not any(event.get("method") == "Page.loadEventFired" for event in self.events):
            self.events.append(self._read())

    def ask(self, expression):
        """Value of a JavaScript expression."""
        answer = self("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def press(self, key, **more):
        """Press and release a key."""
        for kind in ("keyDown", "keyUp"):
            self("Input.dispatchKeyEvent", type=kind, key=key, code=key, **more)

    def close(self):
        self._process.kill()
        self._process.wait()


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    if CHROMIUM is None:
        pytest.skip("no chromium is installed: apt-get install chromium")
    browser = Browser(tmp_path_factory.mktemp("profile"))
    yield browser
    browser.close()


SIDES = "source", "target"
COLUMN = '[...document.querySelectorAll("table")[2].tBodies[0].rows].map((row) => row.cells[{}].textContent)'
STATE = '[...document.querySelectorAll("table")[2].tHead.rows[0].cells].map((cell) => cell.ariaSort)'


def test_the_browser_has_no_complaint_and_asks_for_nothing(browser, page):
    browser.open(page)
    assert browser.ask("document.title") == "Domain report: covariate shift"
    requests = [e["params"]["request"]["url"] for e in browser.events if e.get("method") == "Network.requestWillBeSent"]
    assert {url.partition(":")[0] for url in requests} <= {"file", "data"}
    assert sum(url.startswith("file") for url in requests) == 1
    kinds = {event.get("method") for event in browser.events}
    assert not kinds & {"Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded"}


def test_tables_sort_by_click_and_by_keyboard(browser, page, report):
    browser.open(page)
    names = sorted(row.feature for row in report.features)
    figures = sorted(round(row.difference, 3) for row in report.features)
    button = 'document.querySelectorAll("table")[2].querySelectorAll("button")[{}]'
    x, y = browser.ask(
        f"(() => {{ const b = {button.format(2)}; b.scrollIntoView(); const r = b.getBoundingClientRect();"
        "return [r.x + r.width / 2, r.y + r.height / 2]; })()"
    )
    for kind in ("mousePressed", "mouseReleased"):
        browser("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)
    assert [float(cell) for cell in browser.ask(COLUMN.format(2))] == figures
    assert browser.ask(STATE)[2] == "ascending"
    for key, code in (("Enter", "\r"), ("Enter", "\r")):  # focus went to the button with the click
        browser.press(key, text=code, windowsVirtualKeyCode=13)
    assert browser.ask(STATE)[2] == "ascending"
    browser.ask(f"{button.format(0)}.focus()")
    browser.press(" ", text=" ", windowsVirtualKeyCode=32)
    assert browser.ask(STATE) == ["ascending"] + ["none"] * 10
    assert sorted(browser.ask(COLUMN.format(0))) == names
    assert browser.ask(COLUMN.format(0))[0] == names[0] == '<b>rent</b> & "more"'
    browser.ask('document.querySelectorAll(".scroll")[2].focus()')
    browser.press("Tab", windowsVirtualKeyCode=9)
    assert browser.ask("document.activeElement.textContent") == "column"  # each region, then each button, by Tab
    assert browser.ask("getComputedStyle(document.activeElement).outlineStyle") == "solid"


def test_missing_figures_sort_last(browser, page):
    browser.open(page)
    for _ in range(2):
        browser.ask('document.querySelectorAll("table")[2].querySelectorAll("button")[4].click()')
        cells = browser.ask(COLUMN.format(4))
        assert cells.index("-") == len(cells) - 1


def test_pictures_appear(browser, page, report):
    browser.open(page)
    shapes = "path, rect, line, text:not(:empty)"
    seen = browser.ask(
        '[...document.querySelectorAll("figure")].map((f) => [f.querySelector("svg").getBoundingClientRect(), '
        f'...[...f.querySelectorAll("{shapes}")].map((part) => part.getBoundingClientRect())]'
        ".map((r) => [r.left, r.top, r.right, r.bottom]))"
    )
    assert len(seen) == 2 + len(report.pictures) == 5
    for (left, top, right, bottom), *parts in seen:
        assert right - left > 200 and bottom - top > 40
        assert len(parts) > 4
        for part in parts:  # nothing is clipped
            assert left - 1 <= part[0] and part[2] <= right + 1 and top - 1 <= part[1] and part[3] <= bottom + 1
        assert max(part[2] - part[0] for part in parts) > 50


def test_a_screen_reader_finds_its_way(browser, page):
    browser.open(page)
    nodes = browser("Accessibility.getFullAXTree")["nodes"]
    found = [(node["role"]["value"], node.get("name", {}).get("value", "")) for node in nodes if not node["ignored"]]
    named = {role: [name for other, name in found if other == role] for role in dict(found)}
    assert len(named["main"]) == 1
    assert len(named["table"]) == len(named["region"]) == 5
    assert named["table"][2] == "The columns; the header buttons sort the rows" and named["region"][2] == "The columns"
    assert named["heading"][0] == "Domain report: covariate shift" and len(named["heading"]) >= 7
    assert "column" in named["button"] and all(named["button"])
    pictures = named.get("image", named.get("img"))
    assert len(pictures) == 5 and all("The largest:" in name or "source" in name for name in pictures)
    rows = [name for name in named["rowheader"]]
    assert "age" in rows and "MMD^2" in rows


PAINTED = """[...document.querySelectorAll("main *")].filter((e) => e.closest("main") && e.getClientRects().length
    && [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim())).map((e) => {
  const style = getComputedStyle(e), inSvg = e.namespaceURI.endsWith("svg");
  let behind = e;
  while (behind && getComputedStyle(behind).backgroundColor.endsWith(", 0)")) behind = behind.parentElement;
  return [e.tagName + " " + e.textContent.trim().slice(0, 30), inSvg ? style.fill : style.color,
    getComputedStyle(behind).backgroundColor, parseFloat(style.fontSize)];
})"""


@pytest.mark.parametrize("width", [360, 390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_word_can_be_read(browser, page, scheme, width):
    phone = width < 500
    browser("Emulation.setDeviceMetricsOverride", width=width, height=844, deviceScaleFactor=1, mobile=phone)
    browser("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
    browser.open(page)
    assert browser.ask("innerWidth") == width
    assert browser.ask("document.documentElement.scrollWidth") <= width
    words = browser.ask(PAINTED)
    assert len(words) > 100
    poor = [word for word in words if contrast(*map(luminance, word[1:3])) < 4.5]
    assert poor == []
    marks = [browser.ask(f'getComputedStyle(document.querySelector("svg .{role}")).stroke') for role in SIDES]
    paper = luminance(browser.ask('getComputedStyle(document.querySelector(".sktl-report")).backgroundColor'))
    assert min(contrast(luminance(mark), paper) for mark in marks) >= 3  # WCAG 1.4.11: what is no text
    assert paper > 0.9 if scheme == "light" else paper < 0.05
    if phone:
        buttons = browser.ask(
            '[...document.querySelectorAll("thead button")].map((b) => b.getBoundingClientRect().height)'
        )
        assert min(buttons) >= 24  # WCAG 2.5.8
    height = browser.ask("document.documentElement.scrollHeight")
    clip = {"x": 0, "y": 0, "width": width, "height": height, "scale": 1}
    shot = browser("Page.captureScreenshot", captureBeyondViewport=True, clip=clip)["data"]
    assert base64.b64decode(shot).startswith(b"\x89PNG")
    if "SKTL_SCREENSHOTS" in os.environ:  # a folder, to look at them
        with open(os.path.join(os.environ["SKTL_SCREENSHOTS"], f"{scheme}-{width}.png"), "wb") as file:
            file.write(base64.b64decode(shot))


def test_on_a_phone_evidence_is_cards_and_nothing_is_cut(browser, page, report):
    browser("Emulation.setDeviceMetricsOverride", width=390, height=844, deviceScaleFactor=1, mobile=True)
    browser.open(page)
    boxes = browser.ask(
        '[...document.querySelectorAll(".scroll")].map((box) => '
        "[box.scrollWidth, box.clientWidth, box.getBoundingClientRect().right])"
    )
    assert len(boxes) == 5 and all(inner <= outer and right <= 390 for inner, outer, right in boxes)
    card = browser.ask(
        '[...document.querySelectorAll("table")[2].tBodies[0].rows[0].cells].map((cell) => '
        '[cell.getBoundingClientRect().left, getComputedStyle(cell, "::before").content.slice(1, -1)])'
    )
    assert len({left for left, _ in card}) == 1  # one below the other
    heads = browser.ask('[...document.querySelectorAll("table")[2].tHead.rows[0].cells].map((c) => c.textContent)')
    assert [name for _, name in card[1:]] == heads[1:]
    nodes = browser("Accessibility.getFullAXTree")["nodes"]
    roles = [node["role"]["value"] for node in nodes if not node["ignored"]]
    assert roles.count("table") == 5 and roles.count("rowheader") > 5  # what it is, however it is laid out


def test_print_shows_everything_on_white(browser, page):
    browser("Emulation.setDeviceMetricsOverride", width=700, height=1000, deviceScaleFactor=1, mobile=False)
    dark = [{"name": "prefers-color-scheme", "value": "dark"}]
    browser("Emulation.setEmulatedMedia", media="print", features=dark)
    try:
        browser.open(page)
        boxes = browser.ask('[...document.querySelectorAll(".scroll")].map((b) => b.scrollWidth - b.clientWidth)')
        assert max(boxes) <= 0
        ink = browser.ask('getComputedStyle(document.querySelector(".sktl-report")).color')
        paper = browser.ask('getComputedStyle(document.querySelector(".sktl-report")).backgroundColor')
        assert luminance(paper) > 0.9 and contrast(luminance(ink), luminance(paper)) > 7
    finally:
        browser("Emulation.setEmulatedMedia", media="", features=[])


def luminance(colour):
    """Relative luminance of "rgb(r, g, b)", as WCAG defines it."""
    values = [int(value) / 255 for value in re.findall(r"\d+", colour)[:3]]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in values]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    return (max(one, other) + 0.05) / (min(one, other) + 0.05)
