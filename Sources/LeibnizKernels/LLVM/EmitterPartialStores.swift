/// Stores of vectors of which only some lanes may be written, for processors that have no masks for it or take long with them: on a
/// Zen 3 most samples of such a kernel fell behind one masked store.
extension NestEmitter {
    /// Writes the lanes of some vectors for which all tests hold, lane by lane one vector after the other: `ab ab ab` of two.
    ///
    /// The lanes that hold are mostly all, or a run of neighbours, so a half is tried as a whole before its halves are.
    ///
    /// - Parameters:
    ///   - masks: For each vector what holds, nil where all does.
    ///   - active: The lanes that count, the first ones.
    ///   - write: Writes so many elements, in the order of their places, from a number on.
    func writeHolding(_ masks: [Operand?], active: Int, _ write: (_ first: Int, _ count: Int) -> Void) {
        let known = masks.compactMap { $0 }
        guard let first = known.first else { return write(0, active * masks.count) }
        let every = known.dropFirst().reduce(first) { builder.both($0, $1) }
        // Where one vector knows no test some of its elements hold everywhere.
        let some = known.count < masks.count ? nil : known.dropFirst().reduce(first) { builder.either($0, $1) }
        let (everyBits, someBits) = (bits(every), some.map(bits))
        func writeLanes(_ lanes: Range<Int>) {
            if lanes.count == 1 {
                for (place, mask) in masks.enumerated() {
                    func writeOne() { write(lanes.lowerBound * masks.count + place, 1) }
                    guard let mask else {
                        writeOne()
                        continue
                    }
                    _ = builder.conditional(builder.lane(mask, lanes.lowerBound)) { _ in
                        writeOne()
                        return []
                    }
                }
                return
            }
            let part = Operand.integer(lanes.reduce(0) { $0 | 1 << Int64($1) }, .i8)
            let holds = builder.compare("eq", builder.binary("and", everyBits, part), part)
            _ = builder.conditional(holds) { _ in
                write(lanes.lowerBound * masks.count, lanes.count * masks.count)
                return []
            }
            var isMixed = builder.not(holds)
            if let someBits {
                let any = builder.compare("ne", builder.binary("and", someBits, part), .integer(0, .i8))
                isMixed = builder.both(isMixed, any)
            }
            let half = 1 << (Int.bitWidth - 1 - (lanes.count - 1).leadingZeroBitCount)
            _ = builder.conditional(isMixed) { _ in
                writeLanes(lanes.lowerBound..<lanes.lowerBound + half)
                writeLanes(lanes.lowerBound + half..<lanes.upperBound)
                return []
            }
        }
        writeLanes(0..<active)
    }

    /// A mask of up to eight lanes as the bits of a number.
    private func bits(_ mask: Operand) -> Operand {
        let type = IRType(.i1, lanes: 8)
        let zeros = Operand("zeroinitializer", mask.type, level: 0, isConstant: true)
        let wide =
            mask.type.lanes == 8 ? mask : builder.shuffle(mask, zeros, (0..<8).map { min($0, mask.type.lanes) })
        return builder.pure("bitcast \(type.text) \(wide.text) to i8", IRType(.i8), [wide])
    }
}
