/// One pass over the chunks of a WAVE file.
struct WAVReader {
    let bytes: [UInt8]
    let path: String

    /// What a file says of its samples.
    private struct Description {
        let format: WAV.Format
        let channels: Int
        let sampleRate: Int
    }

    func sound() throws(DataError) -> Sound {
        let kind = name(at: 0)
        guard bytes.count >= 12, kind == "RIFF" || kind == "RF64", name(at: 8) == "WAVE" else {
            throw DataError(
                bytes.count < 12 ? .tooShort : .wrongHeader, "this is not a WAVE file", in: path, at: .byte(0),
                found:
                    "\(bytes.count) bytes that begin with \(bytes.prefix(4).map(hexadecimal).joined(separator: " "))",
                expected: "RIFF or RF64, a size, and WAVE")
        }
        var (place, description, largeDataCount) = (12, Description?.none, Int?.none)
        while place + 8 <= bytes.count {
            let (chunk, stated) = (name(at: place), number(place + 4, 4))
            let (start, available) = (place + 8, bytes.count - place - 8)
            var size = stated
            if chunk == "data", kind == "RF64", stated == 0xFFFF_FFFF, let largeDataCount { size = largeDataCount }
            guard size <= available else {
                throw DataError(
                    .tooShort, "a chunk ends after the file", in: path, at: .byte(place),
                    found: "\(available) bytes", expected: "\(size) bytes of the chunk '\(chunk)'")
            }
            switch chunk {
            case "ds64" where size >= 24: largeDataCount = number(start + 8, 8)
            case "fmt ": description = try self.description(start, size)
            case "data":
                guard let description else {
                    throw DataError(
                        .malformed, "the samples come before their description", in: path, at: .byte(place),
                        found: "the chunk 'data'", expected: "a chunk 'fmt ' before it")
                }
                return try sound(description, start, size)
            default: break
            }
            place = start + size + size % 2
        }
        throw DataError(
            .tooShort, "the file has no samples", in: path, at: .byte(min(place, bytes.count)),
            found: "the end of the file", expected: "a chunk 'data'")
    }

    private func description(_ start: Int, _ size: Int) throws(DataError) -> Description {
        guard size >= 16 else {
            throw DataError(
                .malformed, "the description of the samples is too short", in: path, at: .byte(start),
                found: "\(size) bytes", expected: "at least 16")
        }
        var code = number(start, 2)
        let (channels, rate, block, bits) = (
            number(start + 2, 2), number(start + 4, 4), number(start + 12, 2), number(start + 14, 2)
        )
        if code == 0xFFFE {
            guard size >= 40, Array(bytes[start + 26..<start + 40]) == WAV.guidTail else {
                throw DataError(
                    .unsupported, "the samples are of a kind that is not known", in: path, at: .byte(start + 24),
                    found: "another GUID", expected: "that of integers or floating-point numbers")
            }
            code = number(start + 24, 2)
        }
        guard let format = WAV.Format(code: code, bits: bits) else {
            let names = [2: "ADPCM", 6: "A-law", 7: "µ-law", 0x11: "IMA ADPCM", 0x55: "MP3"]
            throw DataError(
                .unsupported, "the samples are of a kind that is not read", in: path, at: .byte(start),
                found: "\(bits) bits of code \(code)" + (names[code].map { " (\($0))" } ?? ""),
                expected: "integers of 8, 16, 24 or 32 bits (code 1), or floating point of 32 or 64 (code 3)",
                hint: "convert it, for example with sox or ffmpeg")
        }
        guard channels >= 1, rate >= 1, block == channels * format.byteCount else {
            throw DataError(
                .inconsistent, "the description of the samples contradicts itself", in: path, at: .byte(start),
                found: "\(channels) channels at \(rate) Hz, \(bits) bits, \(block) bytes for a sample of all",
                expected: "at least one of each, and \(channels * format.byteCount) bytes")
        }
        return Description(format: format, channels: channels, sampleRate: rate)
    }

    private func sound(_ description: Description, _ start: Int, _ size: Int) throws(DataError) -> Sound {
        let (channels, width) = (description.channels, description.format.byteCount)
        guard size % (channels * width) == 0 else {
            throw DataError(
                .inconsistent, "the last sample is cut short", in: path, at: .byte(start + size),
                found: "\(size) bytes", expected: "a multiple of \(channels * width)")
        }
        let count = size / (channels * width)
        let samples = (0..<channels).map { channel in
            (0..<count).map { sample in
                value(start + (sample * channels + channel) * width, description.format)
            }
        }
        return Sound(checked: description.sampleRate, samples)
    }

    private func value(_ place: Int, _ format: WAV.Format) -> Float {
        func bits(_ width: Int) -> UInt64 {
            bytes[place..<place + width].reversed().reduce(0) { $0 << 8 | UInt64($1) }
        }
        switch format {
        case .uint8: return (Float(bytes[place]) - 128) / 128
        case .int16: return Float(Int16(truncatingIfNeeded: bits(2))) * 0x1p-15
        case .int24: return Float(Int32(truncatingIfNeeded: bits(3) << 8)) * 0x1p-31
        case .int32: return Float(Int32(truncatingIfNeeded: bits(4))) * 0x1p-31
        case .float32: return Float(bitPattern: UInt32(bits(4)))
        case .float64: return Float(Double(bitPattern: bits(8)))
        }
    }

    private func name(at place: Int) -> String {
        String(decoding: bytes[min(place, bytes.count)..<min(place + 4, bytes.count)], as: UTF8.self)
    }

    private func number(_ place: Int, _ width: Int) -> Int {
        Int(clamping: bytes[place..<place + width].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
    }
}
