/// WAVE files of uncompressed sound.
///
/// A file is `RIFF`, a size, `WAVE`, then chunks of a name of four letters, a size and that many bytes, filled up to an even
/// number: `fmt ` says what samples are, `data` holds them, others are passed over. Files above 4 GiB begin with `RF64` and
/// have sizes in a chunk `ds64`. (IBM & Microsoft, *Multimedia Programming Interface and Data Specifications 1.0*, 1991; Microsoft,
/// *Multiple channel audio data and WAVE files*; EBU Tech 3306, *RF64*.)
public enum WAV {
    /// How a file holds one sample.
    public enum Format: String, Sendable, Hashable, CaseIterable {
        case uint8, int16, int24, int32, float32, float64

        /// The bytes of a sample.
        public var byteCount: Int {
            switch self {
            case .uint8: 1
            case .int16: 2
            case .int24: 3
            case .int32, .float32: 4
            case .float64: 8
            }
        }

        var isFloatingPoint: Bool { self == .float32 || self == .float64 }

        /// The format of a code (1 integers, 3 floating point) and a width in bits; nil where there is none.
        init?(code: Int, bits: Int) {
            switch (code, bits) {
            case (1, 8): self = .uint8
            case (1, 16): self = .int16
            case (1, 24): self = .int24
            case (1, 32): self = .int32
            case (3, 32): self = .float32
            case (3, 64): self = .float64
            default: return nil
            }
        }
    }

    /// What kind of header a file gets.
    public enum Container: String, Sendable, Hashable, CaseIterable {
        /// Sizes of 32 bits.
        case riff
        /// The same, with the extensible description of samples that more than two channels need.
        case extensible
        /// Sizes of 64 bits.
        case rf64
    }

    /// Reads a file. Integers are scaled so that full scale is −1 … 1: 8 bits by 2⁷ around 128, 16 by 2¹⁵, 24 by 2²³, 32 by 2³¹.
    ///
    /// - Throws: an error with the byte where the file breaks the format; one of kind `unsupported` for compressed sound.
    /// - Complexity: O(bytes of the file), in time and memory.
    public static func read(_ path: String) throws(DataError) -> Sound {
        try WAVReader(bytes: GzipReader(path: path).bytes(atMost: .max), path: path).sound()
    }

    /// Writes a file, whole or not at all.
    ///
    /// - Parameters:
    ///   - format: 16 bits by default; samples beyond full scale are cut off, except of floating point.
    ///   - container: by default the plain one, or that for large files where the sizes need it.
    public static func write(
        _ sound: Sound, to path: String, format: Format = .int16, container: Container = .riff
    ) throws(DataError) {
        try OutputFile.write(encoded(sound, format: format, container: container), to: path)
    }

    /// The bytes of a file that holds a sound.
    public static func encoded(
        _ sound: Sound, format: Format = .int16, container: Container = .riff
    ) -> [UInt8] {
        let (channels, width) = (sound.channels.count, format.byteCount)
        let dataCount = sound.count * channels * width
        let container = dataCount > 0xFFFF_F000 ? .rf64 : container
        let isExtensible = container == .extensible
        let code = format.isFloatingPoint ? 3 : 1
        var description = little(isExtensible ? 0xFFFE : code, 2) + little(channels, 2) + little(sound.sampleRate, 4)
        description +=
            little(sound.sampleRate * channels * width, 4) + little(channels * width, 2) + little(8 * width, 2)
        if isExtensible {
            // The valid bits, no places of loudspeakers, and the code in the form of a GUID.
            description += little(22, 2) + little(8 * width, 2) + little(0, 4) + little(code, 2) + guidTail
        }
        var data: [UInt8] = []
        data.reserveCapacity(dataCount + 1)
        for sample in 0..<sound.count {
            for channel in sound.channels { append(channel[sample], format, to: &data) }
        }
        if data.count % 2 == 1 { data.append(0) }
        let isLarge = container == .rf64
        let largeSizes = isLarge ? 8 + 28 : 0
        let size = 4 + largeSizes + 8 + description.count + 8 + data.count
        var file =
            Array((isLarge ? "RF64" : "RIFF").utf8) + little(isLarge ? 0xFFFF_FFFF : size, 4) + Array("WAVE".utf8)
        if isLarge {
            file += Array("ds64".utf8) + little(28, 4) + little(size, 8) + little(dataCount, 8) + little(sound.count, 8)
            file += little(0, 4)
        }
        file += Array("fmt ".utf8) + little(description.count, 4) + description
        file += Array("data".utf8) + little(isLarge ? 0xFFFF_FFFF : dataCount, 4)
        return file + data
    }

    /// The part of a format's GUID that is the same for all codes.
    static let guidTail: [UInt8] = [0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xAA, 0, 0x38, 0x9B, 0x71]

    private static func append(_ sample: Float, _ format: Format, to data: inout [UInt8]) {
        func whole(_ scale: Double) -> Int {
            sample.isNaN ? 0 : Int(min(scale - 1, max(-scale, (Double(sample) * scale).rounded())))
        }
        switch format {
        case .uint8: data.append(UInt8(whole(128) + 128))
        case .int16: data += little(whole(0x1p15), 2)
        case .int24: data += little(whole(0x1p23), 3)
        case .int32: data += little(whole(0x1p31), 4)
        case .float32: data += little(Int(sample.bitPattern), 4)
        case .float64: data += little(Int(truncatingIfNeeded: Double(sample).bitPattern), 8)
        }
    }
}
