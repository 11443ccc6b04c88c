import LeibnizData
import Testing

@Suite struct JSONTests {
    func read(_ text: String) throws -> JSONValue { try JSONValue(parsing: Array(text.utf8), in: "a.json") }

    @Test(arguments: [
        "null", "true", "[]", "{}", "[1,-2.5,1e+300]", "{\"a\":[{\"b\":null}],\"c\":\"\\u0001\\\"\\\\ä🙂\"}",
        "9223372036854775807",
        "9.223372036854776e+18",
    ])
    func `what is written is read`(text: String) throws { #expect(try read(text).description == text) }

    @Test func `texts may be written in several ways`() throws {
        #expect(try read(" [ \"\\u00e4\\uD83D\\uDE42\\/\\n\" , 1.0E2 ]\n").elements?[0].text == "ä🙂/\n")
        #expect(try read("{\"a\":1,\"b\":2.5}")["b"]?.number == 2.5)
        #expect(try read("9223372036854775808").number == 0x1p63)
    }

    @Test(arguments: [
        ("", 0), ("[1,]", 3), ("{\"a\" 1}", 5), ("{\"a\":1,\"a\":2}", 7), ("01", 1), ("1.", 2), ("-", 1), ("nul", 0),
        ("\"\n\"", 1),
        ("\"\\x\"", 2), ("\"\\ud800\"", 7), ("\"\\udc00\"", 2), ("\"abc", 4), ("[1] 2", 4), ("1e999", 0), ("{1:2}", 1),
        ("+1", 0),
        ("\"\\u12g4\"", 5),
    ])
    func `what breaks the rules has a place`(text: String, place: Int) throws {
        let error = try dataError { try read(text) }
        #expect(error.kind == .malformed && error.position == .byte(place), "\(error)")
    }

    @Test func `depth is bounded`() throws {
        _ = try read(String(repeating: "[", count: 100) + String(repeating: "]", count: 100))
        #expect(try dataError { try read(String(repeating: "[", count: 100_000)) }.kind == .malformed)
    }
}
