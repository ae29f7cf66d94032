/// What all blocks of one U-Net have in common.
struct BlockSettings {
    let timeChannels: Int
    let contextChannels: Int
    let groups: Int
    let epsilon: Float
}
