// The resource profiles: `normal` is what the settings say; `day` leaves room for people, `night` takes the host.

export const PROFILES = ['normal', 'day', 'night'] as const;
export type ProfileName = (typeof PROFILES)[number];

export function isProfile(text: unknown): text is ProfileName {
  return PROFILES.some((name) => name === text);
}
