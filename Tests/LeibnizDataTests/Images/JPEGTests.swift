import Foundation
import LeibnizData
import TestFiles
import Testing

/// Images that Pillow 11 wrote, with what it reads from them.
private enum Sample: String, CaseIterable {
    case grey, colour, progressive

    var bytes: [UInt8] { Sample.decoded(base64) }

    static func decoded(_ base64: String) -> [UInt8] {
        Array(Data(base64Encoded: base64, options: .ignoreUnknownCharacters) ?? Data())
    }

    /// Channels, rows, columns; the sum of all bytes; their sum weighted by 1 … 97 in turns, colours innermost.
    var expected: (shape: [Int], sum: Int, weighted: Int) {
        switch self {
        case .grey: ([1, 10, 14], 15300, 663097)
        case .colour: ([3, 9, 12], 36505, 1695662)
        case .progressive: ([3, 9, 12], 36528, 1703880)
        }
    }

    private var base64: String {
        switch self {
        case .grey:
            """
            /9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAMCAgMCAgMDAwMEAwMEBQgFBQQEBQoHBwYIDAoMDAsKCwsNDhIQDQ4RDgsLEBYQERMU
            FRUVDA8XGBYUGBIUFRT/wAALCAAKAA4BAREA/8QAHwAAAQUBAQEBAQEAAAAAAAAAAAECAwQFBgcICQoL/8QAtRAAAgEDAwIEAwUF
            BAQAAAF9AQIDAAQRBRIhMUEGE1FhByJxFDKBkaEII0KxwRVS0fAkM2JyggkKFhcYGRolJicoKSo0NTY3ODk6Q0RFRkdISUpTVFVW
            V1hZWmNkZWZnaGlqc3R1dnd4eXqDhIWGh4iJipKTlJWWl5iZmqKjpKWmp6ipqrKztLW2t7i5usLDxMXGx8jJytLT1NXW19jZ2uHi
            4+Tl5ufo6erx8vP09fb3+Pn6/9oACAEBAAA/APANE/ZJ+7/oX/jtd7pX7JP7r/jy7f3a+4tEsbb5f9Hi/wC+BXe6VY23lf8AHvF0
            /uCv/9k=
            """
        case .colour:
            """
            /9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAIBAQEBAQIBAQECAgICAgQDAgICAgUEBAMEBgUGBgYFBgYGBwkIBgcJBwYGCAsICQoK
            CgoKBggLDAsKDAkKCgr/2wBDAQICAgICAgUDAwUKBwYHCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoK
            CgoKCgoKCgr/wAARCAAJAAwDAREAAhEBAxEB/8QAHwAAAQUBAQEBAQEAAAAAAAAAAAECAwQFBgcICQoL/8QAtRAAAgEDAwIEAwUF
            BAQAAAF9AQIDAAQRBRIhMUEGE1FhByJxFDKBkaEII0KxwRVS0fAkM2JyggkKFhcYGRolJicoKSo0NTY3ODk6Q0RFRkdISUpTVFVW
            V1hZWmNkZWZnaGlqc3R1dnd4eXqDhIWGh4iJipKTlJWWl5iZmqKjpKWmp6ipqrKztLW2t7i5usLDxMXGx8jJytLT1NXW19jZ2uHi
            4+Tl5ufo6erx8vP09fb3+Pn6/8QAHwEAAwEBAQEBAQEBAQAAAAAAAAECAwQFBgcICQoL/8QAtREAAgECBAQDBAcFBAQAAQJ3AAEC
            AxEEBSExBhJBUQdhcRMiMoEIFEKRobHBCSMzUvAVYnLRChYkNOEl8RcYGRomJygpKjU2Nzg5OkNERUZHSElKU1RVVldYWVpjZGVm
            Z2hpanN0dXZ3eHl6goOEhYaHiImKkpOUlZaXmJmaoqOkpaanqKmqsrO0tba3uLm6wsPExcbHyMnK0tPU1dbX2Nna4uPk5ebn6Onq
            8vP09fb3+Pn6/9oADAMBAAIRAxEAPwD5b+CX/BPPPk/8SP0/gr9dz/xM398+P8JPGD+H+87dT6g8J/8ABPQf2JF/xIx/36r8kxni
            Z/tD98/0O4a8YP8AhJh+8/E9o+CX/LH8K+Ez/qf4a+En/Lv5H1F4T/5AkVfkuM/js/0O4a/5FMD/2Q==
            """
        case .progressive:
            """
            /9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAA0JCgsKCA0LCgsODg0PEyAVExISEyccHhcgLikxMC4pLSwzOko+MzZGNywtQFdBRkxO
            UlNSMj5aYVpQYEpRUk//2wBDAQ4ODhMREyYVFSZPNS01T09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09P
            T09PT09PT0//wgARCAAJAAwDASIAAhEBAxEB/8QAFAABAAAAAAAAAAAAAAAAAAAABP/EABUBAQEAAAAAAAAAAAAAAAAAAAEC/9oA
            DAMBAAIQAxAAAAETENk//8QAFxABAAMAAAAAAAAAAAAAAAAAAAECA//aAAgBAQABBQKmKMVEP//EABgRAAIDAAAAAAAAAAAAAAAA
            AAACAwQR/9oACAEDAQE/Aas7Yf/EABYRAQEBAAAAAAAAAAAAAAAAAAIAA//aAAgBAgEBPwF7K//EABQQAQAAAAAAAAAAAAAAAAAA
            ACD/2gAIAQEABj8CH//EABgQAAIDAAAAAAAAAAAAAAAAAAAxECFh/9oACAEBAAE/IcSlQQ//2gAMAwEAAgADAAAAEOf/xAAUEQEA
            AAAAAAAAAAAAAAAAAAAA/9oACAEDAQE/EH//xAAVEQEBAAAAAAAAAAAAAAAAAAAAEf/aAAgBAgEBPxCx/8QAGBABAQADAAAAAAAA
            AAAAAAAAADEhQcH/2gAIAQEAAT8Qi4/LRN//2Q==
            """
        }
    }

    static let fourColours = decoded(
        """
        /9j/7gAOQWRvYmUAZAAAAAAA/9sAQwAbEhQXFBEbFxYXHhwbIChCKyglJShROj0wQmBVZWRfVV1baniZgWpxkHNbXYW1hpCeo6ut
        q2eAvMm6pseZqKuk/8AAFAgACAAIBEMRAE0RAFkRAEsRAP/EAB8AAAEFAQEBAQEBAAAAAAAAAAABAgMEBQYHCAkKC//EALUQAAIB
        AwMCBAMFBQQEAAABfQECAwAEEQUSITFBBhNRYQcicRQygZGhCCNCscEVUtHwJDNicoIJChYXGBkaJSYnKCkqNDU2Nzg5OkNERUZH
        SElKU1RVVldYWVpjZGVmZ2hpanN0dXZ3eHl6g4SFhoeIiYqSk5SVlpeYmZqio6Slpqeoqaqys7S1tre4ubrCw8TFxsfIycrS09TV
        1tfY2drh4uPk5ebn6Onq8fLz9PX29/j5+v/aAA4EQwBNAFkASwAAPwCLQf4ar/2L/s0V01f/2Q==
        """)
}

@Suite struct JPEGTests {
    @Test(arguments: Sample.allCases.map(\.rawValue)) func `pixels are the reference decoder's`(name: String) throws {
        let sample = try #require(Sample(rawValue: name))
        let image = try JPEG.decode(sample.bytes, name: "a.jpg")
        let (shape, sum, weighted) = sample.expected
        #expect(Array(image.shape) == shape && image.elementType == .uint8)
        let pixels = try image.doubles().map { Int($0) }
        let area = shape[1] * shape[2]
        let interleaved = (0..<area).flatMap { place in (0..<shape[0]).map { pixels[$0 * area + place] } }
        #expect(pixels.reduce(0, +) == sum)
        #expect(interleaved.enumerated().reduce(0) { $0 + $1.element * ($1.offset % 97 + 1) } == weighted)
    }

    @Test func `what is cut, claims too much or has four colours is refused`() throws {
        let whole = Sample.colour.bytes
        for count in [0, 1, 2, 20, 600, whole.count - 40] {
            let error = try dataError { try JPEG.decode(Array(whole.prefix(count)), name: "a.jpg") }
            #expect([.tooShort, .malformed].contains(error.kind) && error.exitStatus == 65, "\(count): \(error)")
        }
        // The frame's header: FF C0, length, precision, height, width.
        let frame = try #require(whole.indices.first { whole[$0] == 0xFF && whole[$0 + 1] == 0xC0 })
        var vast = whole
        vast.replaceSubrange(frame + 5..<frame + 9, with: [0xFF, 0, 0xFF, 0])
        let error = try dataError { try JPEG.decode(vast, name: "a.jpg") }
        #expect(error.kind == .tooShort && error.expected.contains("65280 × 65280"), "\(error)")
        #expect(try dataError { try JPEG.decode(Sample.fourColours, name: "a.jpg") }.kind == .unsupported)
        #expect(try dataError { try JPEG.decode([1, 2, 3], name: "a.jpg") }.kind == .wrongHeader)
    }

    @Test func `mutated images end in an image or an error`() throws {
        let outcomes = try Fuzz.run(
            corpus: Sample.allCases.map(\.bytes), words: [[0xFF, 0xDA], [0xFF, 0xC2], [0xFF, 0xD9], [0xFF, 0xC4]],
            rounds: Fuzz.rounds(2000), as: "a.jpg"
        ) { _ = try JPEG.read($0) }
        outcomes.expectReached([nil, .malformed, .tooShort, .wrongHeader])
    }
}
