import LeibnizData
import TestFiles
import Testing

@Suite struct WAVTests {
    let folder: TemporaryFolder
    init() throws { folder = try TemporaryFolder() }

    /// Values that every format holds exactly: multiples of 2⁻⁷.
    static let sound = try? Sound(
        sampleRate: 8000, channels: [[0, 0.5, -1, 0.9921875, -0.0078125], [0.25, -0.25, 0.125, -0.5, 0]])

    @Test(arguments: WAV.Format.allCases, WAV.Container.allCases)
    func `what is written is read`(format: WAV.Format, container: WAV.Container) throws {
        let sound = try #require(Self.sound)
        let path = folder.path + "/a.wav"
        try WAV.write(sound, to: path, format: format, container: container)
        #expect(try WAV.read(path) == sound)
        let mono = try Sound(sampleRate: 44100, channels: [[0.5]])  // an odd number of bytes for 8 and 24 bits
        try WAV.write(mono, to: path, format: format, container: container)
        let read = try WAV.read(path)
        #expect(read == mono && read.seconds == 1.0 / 44100 && read.mono == [0.5])
    }

    @Test func `a file of 16 bits is the standard's, byte for byte`() throws {
        let sound = try Sound(sampleRate: 8000, channels: [[0, 1, -1, 0.5]])
        let expected: [UInt8] =
            Array("RIFF".utf8) + [44, 0, 0, 0] + Array("WAVEfmt ".utf8) + [16, 0, 0, 0, 1, 0, 1, 0]
            + [0x40, 0x1F, 0, 0, 0x80, 0x3E, 0, 0, 2, 0, 16, 0] + Array("data".utf8) + [8, 0, 0, 0]
            + [0, 0, 0xFF, 0x7F, 0, 0x80, 0, 0x40]
        #expect(WAV.encoded(sound) == expected)
    }

    @Test func `samples beyond full scale are cut off, and NaN is silence`() throws {
        let sound = try Sound(sampleRate: 1, channels: [[2, -2, .nan, .infinity, -.infinity]])
        let path = try folder.write(WAV.encoded(sound, format: .int24))
        #expect(try WAV.read(path).channels == [[1 - 0x1p-23, -1, 0, 1 - 0x1p-23, -1]])
        #expect(try WAV.read(folder.write(WAV.encoded(sound, format: .float32))).channels[0][0] == 2)
    }

    @Test func `chunks of other names are passed over`() throws {
        var bytes = WAV.encoded(try #require(Self.sound))
        bytes.insert(contentsOf: Array("LIST".utf8) + [3, 0, 0, 0, 1, 2, 3, 0], at: 12)
        #expect(try WAV.read(folder.write(bytes)) == Self.sound)
    }

    @Test func `channels are averaged, and become a tensor`() throws {
        let sound = try Sound(sampleRate: 2, channels: [[1, 0], [0, 0.5]])
        #expect(sound.mono == [0.5, 0.25] && sound.seconds == 1)
        #expect(sound.tensor.shape == [2, 2])
        #expect(try dataError { try Sound(sampleRate: 2, channels: [[1], []]) }.kind == .argument)
        #expect(try dataError { try Sound(sampleRate: 0, channels: [[1]]) }.kind == .argument)
    }

    /// Changes of a file of two channels of 16 bits, with the kind, the byte and a part of the message that each must give.
    static let damaged: [(place: Int, bytes: [UInt8], kind: DataError.Kind, offset: Int, message: String)] = [
        (0, Array("RIFX".utf8), .wrongHeader, 0, "RIFF or RF64"), (8, Array("AVI ".utf8), .wrongHeader, 0, "WAVE"),
        (20, [7, 0], .unsupported, 20, "µ-law"), (34, [12, 0], .unsupported, 20, "12 bits of code 1"),
        (22, [0, 0], .inconsistent, 20, "0 channels"), (32, [3, 0], .inconsistent, 20, "3 bytes for a sample"),
        (40, [0xFF, 0xFF, 0xFF, 0x7F], .tooShort, 36, "2147483647 bytes of the chunk 'data'"),
        (40, [19, 0, 0, 0], .inconsistent, 63, "a multiple of 4"), (16, [4, 0, 0, 0], .malformed, 20, "4 bytes"),
        (12, Array("fnt ".utf8), .malformed, 36, "a chunk 'fmt ' before it"),
        (36, Array("dada".utf8), .tooShort, 64, "'data'"),
    ]

    @Test(arguments: damaged.indices) func `every damage has its message and place`(index: Int) throws {
        let (place, change, kind, offset, message) = Self.damaged[index]
        var bytes = WAV.encoded(try #require(Self.sound))
        bytes.replaceSubrange(place..<place + change.count, with: change)
        let path = try folder.write(bytes)
        let error = try dataError { try WAV.read(path) }
        #expect(error.kind == kind && error.position == .byte(offset), "\(error)")
        #expect(error.description.contains(message) && error.subject == path, "\(error)")
    }

    @Test func `mutated files end in sound or an error`() throws {
        let sound = try #require(Self.sound)
        let corpus = [(WAV.Format.int16, WAV.Container.riff), (.float64, .extensible), (.int24, .rf64)].map {
            WAV.encoded(sound, format: $0.0, container: $0.1)
        }
        let words =
            ["data", "fmt ", "RF64", "ds64", "\u{1}\0"].map { Array($0.utf8) } + [
                [0xFE, 0xFF], [0xFF, 0xFF, 0xFF, 0xFF],
            ]
        let outcomes = try Fuzz.run(corpus: corpus, words: words, rounds: Fuzz.rounds(2000), as: "a.wav") { path in
            let sound = try WAV.read(path)
            #expect(sound.channels.allSatisfy { $0.count == sound.count })
        }
        outcomes.expectReached([nil, .malformed, .tooShort, .wrongHeader, .unsupported, .inconsistent])
    }
}
