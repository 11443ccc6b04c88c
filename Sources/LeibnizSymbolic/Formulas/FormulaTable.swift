/// Values by formulas, in the order in which the formulas came.
///
/// Most sums and products have few operands: while a table is small its keys are compared one by one, which their hashes make
/// cheaper than a dictionary.
struct FormulaTable<Value> {
    private(set) var keys: [Formula] = []
    var values: [Value] = []
    private var places: [Formula: Int] = [:]

    private static var few: Int { 12 }

    /// An empty table with room for so many values.
    init(capacity: Int = 0) {
        keys.reserveCapacity(capacity)
        values.reserveCapacity(capacity)
    }

    /// Where the value of a key stands, if it has one.
    func place(of key: Formula) -> Int? {
        if keys.count > Self.few { return places[key] }
        let hash = key.node.hash
        for place in keys.indices where keys[place].node.hash == hash && keys[place] == key { return place }
        return nil
    }

    /// Adds a key that the table does not hold.
    mutating func append(_ key: Formula, _ value: Value) {
        keys.append(key)
        values.append(value)
        if keys.count == Self.few + 1 {
            for (place, key) in keys.enumerated() { places[key] = place }
        } else if keys.count > Self.few {
            places[key] = keys.count - 1
        }
    }
}
