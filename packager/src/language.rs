//! Languages as containers spell them to tags of BCP 47 (RFC 5646), as a manifest has them, and to the codes of three
//! letters that MP4 has.

/// ISO 639-1, and the codes of ISO 639-2 for the same: the terminological one, then the bibliographic one.
const CODES: &str = "aa aar, ab abk, ae ave, af afr, ak aka, am amh, an arg, ar ara, as asm, av ava, ay aym, az aze, ba bak, \
     be bel, bg bul, bi bis, bm bam, bn ben, bo bod tib, br bre, bs bos, ca cat, ce che, ch cha, co cos, cr cre, \
     cs ces cze, cu chu, cv chv, cy cym wel, da dan, de deu ger, dv div, dz dzo, ee ewe, el ell gre, en eng, \
     eo epo, es spa, et est, eu eus baq, fa fas per, ff ful, fi fin, fj fij, fo fao, fr fra fre, fy fry, ga gle, \
     gd gla, gl glg, gn grn, gu guj, gv glv, ha hau, he heb, hi hin, ho hmo, hr hrv, ht hat, hu hun, hy hye arm, \
     hz her, ia ina, id ind, ie ile, ig ibo, ii iii, ik ipk, io ido, is isl ice, it ita, iu iku, ja jpn, jv jav, \
     ka kat geo, kg kon, ki kik, kj kua, kk kaz, kl kal, km khm, kn kan, ko kor, kr kau, ks kas, ku kur, kv kom, \
     kw cor, ky kir, la lat, lb ltz, lg lug, li lim, ln lin, lo lao, lt lit, lu lub, lv lav, mg mlg, mh mah, \
     mi mri mao, mk mkd mac, ml mal, mn mon, mr mar, ms msa may, mt mlt, my mya bur, na nau, nb nob, nd nde, \
     ne nep, ng ndo, nl nld dut, nn nno, no nor, nr nbl, nv nav, ny nya, oc oci, oj oji, om orm, or ori, os oss, \
     pa pan, pi pli, pl pol, ps pus, pt por, qu que, rm roh, rn run, ro ron rum, ru rus, rw kin, sa san, sc srd, \
     sd snd, se sme, sg sag, si sin, sk slk slo, sl slv, sm smo, sn sna, so som, sq sqi alb, sr srp, ss ssw, \
     st sot, su sun, sv swe, sw swa, ta tam, te tel, tg tgk, th tha, ti tir, tk tuk, tl tgl, tn tsn, to ton, \
     tr tur, ts tso, tt tat, tw twi, ty tah, ug uig, uk ukr, ur urd, uz uzb, ve ven, vi vie, vo vol, wa wln, \
     wo wol, xh xho, yi yid, yo yor, za zha, zh zho chi, zu zul";

/// Not languages: undetermined, uncoded, none, several.
const NONE: [&str; 4] = ["und", "mis", "zxx", "mul"];
/// Tags from before languages had codes (RFC 5646 2.2.8, `irregular`); those that are built as others are need no list.
const GRANDFATHERED: [&str; 13] = [
    "i-ami",
    "i-bnn",
    "i-default",
    "i-enochian",
    "i-hak",
    "i-klingon",
    "i-lux",
    "i-mingo",
    "i-navajo",
    "i-pwn",
    "i-tao",
    "i-tay",
    "i-tsu",
];
/// What agreements between people call a language begins with this (RFC 5646 2.2.7).
const PRIVATE: &str = "x";
/// The longest tag that is believed (RFC 5646 4.4.1 wants room for 35).
const LONGEST: usize = 35;

/// The tag in its shortest and usual form: the language in its short code, `Hans` for a script, `BR` for a region.
/// `None` for what is no language.
pub fn tag(language: &str) -> Option<String> {
    let small = language.to_ascii_lowercase();
    if GRANDFATHERED.contains(&small.as_str()) || is_private(&small) {
        return Some(small);
    }
    let mut subtags = small.split(['-', '_']).map(str::to_owned);
    let primary = subtags.next().filter(|first| (2..=8).contains(&first.len()) && is_word(first))?;
    if NONE.contains(&primary.as_str()) || language.len() > LONGEST {
        return None;
    }
    let mut tag = short(&primary).to_owned();
    let mut is_extension = false;
    for subtag in subtags {
        if !is_subtag(&subtag) {
            return Some(short(&primary).to_owned());
        }
        is_extension |= subtag.len() == 1;
        tag.push('-');
        tag += &if is_extension { subtag } else { cased(&subtag) };
    }
    Some(tag)
}

fn is_private(tag: &str) -> bool {
    let mut subtags = tag.split('-').peekable();
    subtags.next() == Some(PRIVATE) && subtags.peek().is_some() && tag.len() <= LONGEST && subtags.all(is_subtag)
}

fn is_subtag(text: &str) -> bool {
    (1..=8).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// The code of ISO 639-2 for a language, however it is spelt; `None` where it has none of three letters.
pub fn three_letters(language: &str) -> Option<String> {
    let tag = tag(language)?;
    let primary = tag.split('-').next()?;
    let long = entries().find(|codes| codes[0] == primary).and_then(|codes| codes.get(1).copied());
    long.or(Some(primary)).filter(|code| code.len() == 3).map(str::to_owned)
}

fn entries() -> impl Iterator<Item = Vec<&'static str>> {
    CODES.split(", ").map(|entry| entry.split_whitespace().collect())
}

fn short(primary: &str) -> &str {
    let entry = entries().find(|codes| codes.contains(&primary));
    entry.and_then(|codes| codes.first().copied()).unwrap_or(primary)
}

/// RFC 5646 2.1.1.
fn cased(subtag: &str) -> String {
    match subtag.len() {
        2 => subtag.to_ascii_uppercase(),
        4 if is_word(subtag) => subtag[..1].to_ascii_uppercase() + &subtag[1..],
        _ => subtag.to_owned(),
    }
}

fn is_word(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_short_and_nonsense_is_none() {
        let cases = [
            ("ENG", Some("en")),
            ("gsw", Some("gsw")),
            ("vie", Some("vi")),
            ("fre", Some("fr")),
            ("pt-br", Some("pt-BR")),
            ("por-BR", Some("pt-BR")),
            ("zh_hant_tw", Some("zh-Hant-TW")),
            ("es-419", Some("es-419")),
            ("de-CH-1996", Some("de-CH-1996")),
            ("en-x-TWAIN", Some("en-x-twain")),
            ("en-\u{5}", Some("en")),
            ("x-Klingon", Some("x-klingon")),
            ("i-navajo", Some("i-navajo")),
            ("sgn-BE-FR", Some("sgn-BE-FR")),
            ("x", None),
            ("x-", None),
            ("x-klingon-\u{5}", None),
            ("i-english", None),
            ("und", None),
            ("und-Latn", None),
            ("x\u{0}y", None),
            ("eng,deu", None),
            ("", None),
        ];
        for (spelt, expected) in cases {
            assert_eq!(tag(spelt).as_deref(), expected, "{spelt:?}");
        }
    }

    #[test]
    fn mp4_has_three_letters() {
        let cases = [
            ("pt-BR", Some("por")),
            ("fre", Some("fra")),
            ("de", Some("deu")),
            ("gsw", Some("gsw")),
            ("und", None),
            ("x-klingon", None),
        ];
        for (spelt, expected) in cases {
            assert_eq!(three_letters(spelt).as_deref(), expected, "{spelt}");
        }
    }

    #[test]
    fn every_short_code_is_there_once() {
        let mut short: Vec<&str> = entries().map(|codes| codes[0]).collect();
        assert!(
            short.iter().all(|code| code.len() == 2) && entries().all(|codes| codes[1..].iter().all(|c| c.len() == 3))
        );
        let count = short.len();
        short.sort_unstable();
        short.dedup();
        assert_eq!((short.len(), count), (183, 183));
    }
}
