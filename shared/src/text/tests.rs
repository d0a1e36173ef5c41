//! What every format has in common, format by format: times, text, looks and places come out as they went in.

use super::*;

/// `start-end settings|payload` of each cue, in milliseconds.
fn shown(track: &TextTrack) -> Vec<String> {
    let millis = |time: PresentationTime| time.nanos() / 1_000_000;
    let one = |cue: &Cue| {
        let settings = cue.settings.to_string();
        format!("{}-{} {settings}|{}", millis(cue.start), millis(cue.end), cue.payload.replace('\n', "/"))
    };
    track.cues.iter().map(one).collect()
}

/// The cues of a text, and how many complaints there are.
fn cues(text: &str) -> (Vec<String>, usize) {
    let (_, track, warnings) = read(text.as_bytes()).unwrap();
    (shown(&track), warnings.len())
}

#[test]
fn subrip() {
    let text = "\u{feff}1\r\n00:00:01,000 --> 00:00:02,500 X1:40 X2:600\r\n<i>two</i> lines\r\n{\\an8}at < the > top\r\n\r\n\
        00:00:00.500 --> 00:00:01.5\nno number & a dot\n\n\n2\n00:00:03,000 --> 00:00:04,000\n\n\n3\n\
        00:00:05,000 --> 00:00:05,000\nno time\n\n4\n0:0:6 --> 0:0:7,5\n<font color=\"#ffff00\">yel</font><b>bold\n\n42\n\n\
        5\n00:00:08,000 --> 00:00:09,000\nlast <3";
    let expected = [
        "500-1500 |no number &amp; a dot",
        "1000-2500 line:0|<i>two</i> lines/at &lt; the &gt; top",
        "6000-7500 |<c.yellow>yel</c><b>bold/&nbsp;/42</b>",
        "8000-9000 |last &lt;3",
    ];
    assert_eq!(cues(text), (expected.map(str::to_owned).into(), 1));
}

#[test]
fn substation_alpha() {
    let text = "[Script Info]\nScriptType: v4.00+\nPlayResX: 640\nPlayResY: 360\n\n[V4+ Styles]\n\
        Format: Name, Fontname, Bold, Italic, Underline, Alignment\nStyle: Default,Arial,0,0,0,2\nStyle: Sign,Arial,-1,0,0,7\n\n\
        [Events]\nFormat: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n\
        Dialogue: 0,0:00:02.00,0:00:03.45,Default,,0,0,0,,a, b\\Nand {\\i1}c{\\i0}{a remark}\n\
        Dialogue: 0,0:00:01.00,0:00:02.00,Sign,,0,0,0,,SIGN\n\
        Comment: 0,0:00:01.00,0:00:02.00,Sign,,0,0,0,,not shown\n\
        Dialogue: 0,0:00:04.00,0:00:05.00,Default,,0,0,0,,{\\an9\\pos(320,36)}there\n\
        Dialogue: 0,0:00:06.00,0:00:07.00,Default,,0,0,0,,{\\p1}m 0 0 l 1 1{\\p0}\n\
        Dialogue: 0,x,0:00:07.00,Default,,0,0,0,,no time\n\
        Dialogue: 0,0:00:08.00,0:00:09.00,*Default,,0,0,0,,{\\rSign}bold{\\r} plain";
    let expected = [
        "1000-2000 line:0 align:left|<b>SIGN</b>",
        "2000-3450 |a, b/and <i>c</i>",
        "4000-5000 line:10% position:50%,line-right align:right|there",
        "8000-9000 |<b>bold</b> plain",
    ];
    assert_eq!(cues(text), (expected.map(str::to_owned).into(), 1));
    let script = ass::Script::read(text);
    assert_eq!(script.packet("3,0,Sign,,0,0,0,,x, y").0, "<b>x, y</b>");
}

#[test]
fn webvtt_files() {
    let text = "WEBVTT - a remark\nKind: captions\n\nSTYLE\n::cue { color: red }\n\nREGION\nid:fred\n\nNOTE\nnothing\n\n\
        intro\n00:01.000 --> 00:02.000 align:left line:10%\n<v Fred>hi\n\n01:00:00.000 --> 01:00:01.000\nlate\n\n\
        00:03.000 --> x\nlost\n\n00:02.500 --> 00:03.000\nfirst\n00:03.000 --> 00:04.000\nsecond\n\nSTYLE\ntoo late\n";
    let expected =
        ["1000-2000 line:10% align:left|<v Fred>hi", "2500-3000 |first", "3000-4000 |second", "3600000-3601000 |late"];
    assert_eq!(cues(text), (expected.map(str::to_owned).into(), 2));
    let (track, _) = webvtt::read(text);
    assert_eq!(
        (track.header.as_str(), track.cues[0].id.as_str()),
        ("STYLE\n::cue { color: red }\n\nREGION\nid:fred", "intro")
    );
    assert_eq!(webvtt::read(&webvtt::write(&track)), (track, vec![]));
}

#[test]
fn ttml_documents() {
    let text = "<?xml version=\"1.0\"?><tt xmlns=\"http://www.w3.org/ns/ttml\" xmlns:tts=\"x\" xmlns:ttp=\"y\" ttp:frameRate=\"25\">\
        <head><styling><style xml:id=\"it\" tts:fontStyle=\"italic\"/><style xml:id=\"y\" style=\"it\" tts:color=\"#ffff00ff\"/></styling>\
        <layout><region xml:id=\"top\" tts:origin=\"10% 5%\" tts:extent=\"80% 20%\" tts:textAlign=\"left\"/>\
        <region xml:id=\"low\"><style tts:origin=\"0% 80%\"/><style tts:extent=\"100% 20%\" tts:displayAlign=\"after\"/></region>\
        </layout></head><body begin=\"1s\"><div>\n<p begin=\"00:00:00:05\" end=\"00:00:01.000\" region=\"top\">\n  a\n <br/> \
        <span style=\"y\">b &amp;\n c</span></p><p xml:id=\"x\" begin=\"2s\" dur=\"1s\" region=\"low\">x<metadata>no</metadata></p>\
        <p begin=\"4s\" end=\"6s\">one <span begin=\"1s\">two</span></p></div>\
        <div timeContainer=\"seq\"><p dur=\"1s\">s1</p><p begin=\"1s\" dur=\"1s\">s2</p></div></body></tt>";
    let expected = [
        "1000-2000 |s1",
        "1200-2000 line:5% position:10%,line-left size:80% align:left|a/<c.yellow><i>b &amp; c</i></c>",
        "3000-4000 line:100%,end position:50%,center|x",
        "3000-4000 |s2",
        "5000-6000 |one",
        "6000-7000 |one two",
    ];
    assert_eq!(cues(text), (expected.map(str::to_owned).into(), 0));
}

#[test]
fn text_of_mp4_files() {
    let entry = tx3g::Entry::read(&[0, 0, 0, 0, 1, 0xff]);
    let text = "größer ok".as_bytes();
    let mut sample = (text.len() as u16).to_be_bytes().to_vec();
    sample.extend_from_slice(text);
    sample.extend_from_slice(&[0, 0, 0, 22, b's', b't', b'y', b'l', 0, 1, 0, 0, 0, 6, 0, 1, 3, 18, 0, 0, 0, 0]);
    assert_eq!(tx3g::cue_text(&entry, &sample), ("<b><i>größer</i></b> ok".into(), CueSettings::default()));
    assert_eq!(tx3g::cue_text(&entry, &[0, 0]).0, "");
    assert_eq!(tx3g::cue_text(&entry, &[0, 9, b'x']).0, "x");
    assert!(tx3g::Entry::read(&[0xc0, 0, 0, 0]).is_forced);
}

#[test]
fn pieces_of_cues_tile_the_time_and_join_again() {
    let cue = |start, end, payload: &str| Cue {
        start: PresentationTime::from_millis(start),
        end: PresentationTime::from_millis(end),
        payload: payload.into(),
        settings: CueSettings::read("line:0"),
        id: "x".into(),
    };
    let cues = vec![cue(500, 3500, "long"), cue(1000, 2000, "a"), cue(2000, 2500, "a"), cue(7000, 7001, "late")];
    let track = TextTrack { header: String::new(), cues: cues.clone() };
    let timescale = crate::time::Timescale::new(1000).unwrap();
    let tiles = wvtt::Tiles::new(&track, timescale);
    let mut joiner = wvtt::Joiner::default();
    let mut last = 0;
    for segment in 0..4 {
        for piece in tiles.pieces(segment * 2000..(segment + 1) * 2000) {
            assert_eq!(piece.time.start, last);
            last = piece.time.end;
            let (read, problems) = wvtt::read_sample(&wvtt::write_sample(&piece.cues));
            assert_eq!((&read, problems.len()), (&piece.cues, 0));
            let at = |ticks| crate::time::MediaTime::new(ticks, timescale);
            joiner.push(at(piece.time.start), at(piece.time.end), read);
        }
    }
    assert_eq!((last, joiner.finish()), (8000, cues));
    assert_eq!(wvtt::most_at_once(&track), (2, PresentationTime::from_millis(1000)));
    assert!(!wvtt::read_sample(b"").1.is_empty() && !wvtt::read_sample(&[0, 0, 0, 9, 1, 2, 3, 4]).1.is_empty());
}
